// Which reports were counted already.
#include "server/report_window.h"

#include <gtest/gtest.h>

namespace sextant {
namespace {

TEST(ReportWindowTest, TheFirstVerdictOnASolveStands) {
  ReportWindow window;

  EXPECT_EQ(window.Remember("a", true), std::nullopt);
  EXPECT_EQ(window.Remember("a", false), true);
  EXPECT_EQ(window.Remember("a", false), true);
  EXPECT_EQ(window.Remember("b", false), std::nullopt);
  EXPECT_EQ(window.Remember("b", true), false);
}

TEST(ReportWindowTest, OfTooManyTheEarliestAreForgotten) {
  ReportWindow window(2);
  window.Remember("a", true);
  window.Remember("b", true);
  window.Remember("a", true);  // Not a new one: it stays the earliest.
  window.Remember("c", true);

  EXPECT_EQ(window.Remember("b", false), true);
  EXPECT_EQ(window.Remember("c", false), true);
  EXPECT_EQ(window.Remember("a", false), std::nullopt);
}

}  // namespace
}  // namespace sextant
