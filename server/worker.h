// One event loop with everything that lives on it: connections, pools, running solves. More loops
// are whole copies.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "server/async/fan.h"
#include "server/async/http.h"
#include "server/async/loop.h"
#include "server/async/resolver.h"
#include "server/backend/pool.h"
#include "server/config.h"
#include "server/solve.h"

namespace sextant {

class Worker {
 public:
  // `config` and `observer` outlive the worker. `on_pace` as in LoopOptions. `look_up` replaces the
  // system's name look-up.
  Worker(const Config& config, PoolObserver& observer, std::function<void(bool)> on_pace,
         Resolver::LookUp look_up = Resolver::SystemLookUp);
  ~Worker();

  Loop& loop() { return thread_.loop(); }  // Post() from any thread.

  // The rest: loop only.
  TextRoom& text_room() { return text_room_; }
  Backend& pool(const std::string& model) { return *pools_.at(model); }
  std::vector<Pool::MemberState> BackendStates(const std::string& model) {
    return pools_.at(model)->States();
  }

  // A solve that runs from construction on and hands its outcome to `on_done`, which must not
  // destroy it. Destroying it cancels the solve. The worker outlives it.
  class Running {
   public:
    Running(Worker& worker, std::unique_ptr<Solve> solve,
            std::function<void(SolveOutcome)> on_done);
    ~Running();
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Solve& solve() { return *solve_; }

   private:
    static Task<int> Run(Running& self);
    Worker& worker_;
    std::unique_ptr<Solve> solve_;
    std::function<void(SolveOutcome)> on_done_;
    Fan<int> task_;  // Last member: it refers to the solve.
  };

  // Ends every solve now with what it has.
  void EndAll(v1::StopReason reason);

 private:
  struct Connections {
    Connections(Loop& loop, Resolver::LookUp look_up)
        : resolver(loop, std::move(look_up)), http(loop, resolver) {}
    Resolver resolver;
    HttpClient http;
  };

  PoolMember MemberOf(const BackendConfig& backend, const std::string& address);
  // Follows the addresses of a backend's name for as long as the worker is there.
  Task<int> WatchAddresses(Pool& pool, const BackendConfig& backend);

  TextRoom text_room_;
  LoopThread thread_;
  std::unique_ptr<Connections> connections_;
  std::map<std::string, std::unique_ptr<Pool>> pools_;
  std::set<Running*> running_;
  Fan<int> watches_;  // Last member: its tasks refer to the pools.
};

}  // namespace sextant
