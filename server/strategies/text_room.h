// Room for the text that all traces of an event loop keep together, so that long traces of many
// solves cannot take the whole memory. Loop only.
#pragma once
#include <cstdint>

namespace sextant {

class TextRoom {
 public:
  explicit TextRoom(int64_t max_bytes) : max_bytes_(max_bytes) {}

  int64_t max_bytes() const { return max_bytes_; }
  int64_t used() const { return used_; }

  // What one trace keeps of it, given back when the trace goes. The room outlives it.
  class Share {
   public:
    // Without a room everything fits.
    explicit Share(TextRoom* room) : room_(room) {}
    ~Share() {
      if (room_ != nullptr) room_->used_ -= bytes_;
    }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;

    int64_t bytes() const { return bytes_; }
    // False: it does not fit. It counts nevertheless, since it is kept.
    bool Add(int64_t bytes) {
      bytes_ += bytes;
      if (room_ == nullptr) return true;
      room_->used_ += bytes;
      return room_->used_ <= room_->max_bytes_;
    }

   private:
    TextRoom* const room_;
    int64_t bytes_ = 0;
  };

 private:
  const int64_t max_bytes_;
  int64_t used_ = 0;
};

}  // namespace sextant
