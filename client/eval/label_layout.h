// Places the labels of a chart's points so that none covers another label or a point.
#pragma once
#include <string>
#include <vector>

namespace sextant {

struct ChartPosition {
  double x = 0;  // To the right.
  double y = 0;  // Down.
};

struct ChartBox {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

// A line that labels rather keep clear of, such as an error bar.
struct ChartSegment {
  ChartPosition from;
  ChartPosition to;
};

struct LabelLayout {
  ChartBox bounds;  // Labels stay within.
  std::vector<ChartSegment> avoided;
  double point_radius = 6;
  double character_width = 6.6;
  double line_height = 13;
};

struct LabelRequest {
  ChartPosition point;
  int characters = 0;
};

// The boxes of the labels, in the order of `labels`, which is also the order in which they choose.
// Empty when there is no room for all.
std::vector<ChartBox> PlaceLabels(const std::vector<LabelRequest>& labels,
                                  const LabelLayout& layout);

bool Overlap(const ChartBox& a, const ChartBox& b);

}  // namespace sextant
