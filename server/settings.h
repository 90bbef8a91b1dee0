// What a configuration and the files that it names say, read and checked as one. A solve keeps the
// settings that it came under: it is checked, planned, billed and signed by the same ones, also
// when others take their place meanwhile. See docs/decisions/0013.
#pragma once
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/callers.h"
#include "server/config.h"
#include "server/policy.h"
#include "server/receipt.h"

namespace sextant {

// Any thread, as long as nobody changes it; it is handed on as a shared_ptr to const.
struct Settings {
  Config config;
  Policy policy;
  Callers callers;
  // Shared by settings that follow each other where the key is a random one.
  std::shared_ptr<const Receipts> receipts;
};

Settings MakeSettings(Config config, Policy policy);

// Reads and checks the configuration at `path`, with everything that it names. Errors as
// LoadConfig's and LoadPolicy's.
absl::StatusOr<Settings> LoadSettings(const std::string& path);

// `next` as the successor of `now` in a process that runs. FAILED_PRECONDITION, with all the keys
// that differ, where that takes a restart: addresses, TLS, loops, limits of connections, the log's
// form, models that come or go, their backends and their limits of solves, and callers that all go.
absl::StatusOr<Settings> Succeed(const Settings& now, Settings next);

}  // namespace sextant
