// The text of the policy file that is built into the server.
#pragma once

namespace sextant {

extern const char* const kBuiltInPolicyText;

}  // namespace sextant
