// A scatter chart of accuracy against tokens as inline SVG: error bars, the Pareto front, a label
// at every point. Its colours come from the page's style.
#pragma once
#include <string>
#include <vector>

#include "client/eval/bootstrap.h"

namespace sextant {

struct ChartPoint {
  std::string name;
  int number = 0;  // In the tables; the label when there is no room for names.
  Estimate accuracy;
  Estimate tokens;
  bool emphasised = false;
};

struct Chart {
  std::string id;                  // Unique in the page; letters.
  std::string title;               // Accuracy against billed tokens
  std::string x_title;             // What the tokens are.
  std::vector<ChartPoint> points;  // Not empty.
};

// The SVG, and below it the names of the points where there was room for numbers alone.
std::string ChartHtml(const Chart& chart);

// Round numbers from at or below `low` to at or above `high`, about seven, evenly spaced.
std::vector<double> AxisTicks(double low, double high);

std::string ShortTokens(double tokens);  // 950, 1.5k, 20k, 1.25M

}  // namespace sextant
