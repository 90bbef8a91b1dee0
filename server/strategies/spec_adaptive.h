// The optional numbers of `adaptive`, which are read, checked and written alike. Part of spec.h.
#pragma once
#include "absl/strings/string_view.h"
#include "server/strategies/spec.h"
#include "sextant/v1/sextant.pb.h"

namespace sextant {

struct AdaptiveNumber {
  enum class Kind { kReal, kWhole };
  absl::string_view name;
  double min;
  double max;
  bool (*has)(const v1::Adaptive&);
  double (*get)(const v1::Adaptive&);
  void (*set)(v1::Adaptive&, double);
  Kind kind = Kind::kReal;
};

// In the order in which they are written.
inline constexpr AdaptiveNumber kAdaptiveNumbers[] = {
    {"margin", 0, 1, [](const v1::Adaptive& a) { return a.has_margin(); },
     [](const v1::Adaptive& a) { return a.margin(); },
     [](v1::Adaptive& a, double value) { a.set_margin(value); }},
    {"spare", 0, kMaxTraces, [](const v1::Adaptive& a) { return a.has_spare(); },
     [](const v1::Adaptive& a) { return double{1} * a.spare(); },
     [](v1::Adaptive& a, double value) { a.set_spare(static_cast<int>(value)); },
     AdaptiveNumber::Kind::kWhole},
    {"late_after", 0, kMaxLengths, [](const v1::Adaptive& a) { return a.has_late_after(); },
     [](const v1::Adaptive& a) { return a.late_after(); },
     [](v1::Adaptive& a, double value) { a.set_late_after(value); }},
    {"drop_after", 0, kMaxLengths, [](const v1::Adaptive& a) { return a.has_drop_after(); },
     [](const v1::Adaptive& a) { return a.drop_after(); },
     [](v1::Adaptive& a, double value) { a.set_drop_after(value); }},
    {"stated", 0, 1, [](const v1::Adaptive& a) { return a.has_stated(); },
     [](const v1::Adaptive& a) { return a.stated(); },
     [](v1::Adaptive& a, double value) { a.set_stated(value); }},
    {"length_exponent", -kMaxLengthExponent, kMaxLengthExponent,
     [](const v1::Adaptive& a) { return a.has_length_exponent(); },
     [](const v1::Adaptive& a) { return a.length_exponent(); },
     [](v1::Adaptive& a, double value) { a.set_length_exponent(value); }},
    {"keep", 0, 1, [](const v1::Adaptive& a) { return a.has_keep(); },
     [](const v1::Adaptive& a) { return a.keep(); },
     [](v1::Adaptive& a, double value) { a.set_keep(value); }},
};

}  // namespace sextant
