// Wakes streams when their next tokens are due: one timer for all of them, and in the order of
// their due times, so that streams that start together finish in the order of their lengths.
#pragma once
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <compare>
#include <cstdint>

#include "absl/container/btree_map.h"

namespace sextant {

// Something that waits for its time.
class Paced {
 public:
  virtual ~Paced() = default;
  // It was due at `due`.
  virtual void Tick(std::chrono::steady_clock::time_point due) = 0;
};

// Loop only: the thread that runs the io_context.
class Pacer {
 public:
  using Clock = std::chrono::steady_clock;

  struct Ticket {
    Clock::time_point due;
    uint64_t number = 0;  // Keeps those of one instant in the order in which they came.
    auto operator<=>(const Ticket&) const = default;
  };

  explicit Pacer(boost::asio::io_context& io) : timer_(io) {}

  // Ticks `paced` once at `due`, or soon when that is over; never from within this call. `paced`
  // removes its ticket before it goes.
  Ticket Add(Clock::time_point due, Paced& paced);
  void Remove(const Ticket& ticket) { waiting_.erase(ticket); }

 private:
  void Arm();
  void RunRound();

  boost::asio::steady_timer timer_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  absl::btree_map<Ticket, Paced*> waiting_;
  uint64_t next_number_ = 0;
};

}  // namespace sextant
