// Who calls: bearer tokens against the digests of the configuration.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/call_facts.h"
#include "server/security_config.h"

namespace sextant {

// What the configuration holds of a token.
Sha256 TokenDigest(absl::string_view token);

// The callers of one configuration. Immutable: any thread.
class Callers {
 public:
  explicit Callers(std::vector<CallerConfig> callers) : callers_(std::move(callers)) {}

  // Where there are callers, the one whose token the metadata `authorization: Bearer TOKEN` holds,
  // which lives as long as this; else null. UNAUTHENTICATED, without what was sent, for a token
  // that is missing or nobody's. The time that it takes does not depend on whose token it is, nor
  // on how much of it is right.
  absl::StatusOr<const CallerConfig*> Identify(const CallMetadata& metadata) const;

 private:
  std::vector<CallerConfig> callers_;
};

// Whether `caller` may use a model; a null caller may use all.
bool MayUse(const CallerConfig* caller, absl::string_view model);

}  // namespace sextant
