// A model server that answers every request at once, with three chunks and a usage: what is left of
// a solve's time is what the reader and the service take.
#pragma once

namespace sextant {

// Serves until the process ends. Prints its port on standard output first.
[[noreturn]] void ServeInstantly();

}  // namespace sextant
