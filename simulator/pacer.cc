#include "simulator/pacer.h"

#include <boost/system/error_code.hpp>

namespace sextant {

Pacer::Ticket Pacer::Add(Clock::time_point due, Paced& paced) {
  const Ticket ticket{due, next_number_++};
  waiting_.emplace(ticket, &paced);
  if (due < armed_for_) Arm();
  return ticket;
}

void Pacer::Arm() {
  if (waiting_.empty()) {
    armed_for_ = Clock::time_point::max();
    return;
  }
  armed_for_ = waiting_.begin()->first.due;
  timer_.expires_at(armed_for_);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) RunRound();
  });
}

void Pacer::RunRound() {
  // Tickets that are added in this round wait for the next: sockets are polled in between.
  const uint64_t first_of_next = next_number_;
  const Clock::time_point now = Clock::now();
  armed_for_ = Clock::time_point::min();
  while (!waiting_.empty()) {
    const auto [ticket, paced] = *waiting_.begin();
    if (ticket.due > now || ticket.number >= first_of_next) break;
    waiting_.erase(waiting_.begin());
    paced->Tick(ticket.due);
  }
  Arm();
}

}  // namespace sextant
