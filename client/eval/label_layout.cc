#include "client/eval/label_layout.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace sextant {
namespace {

// How far from its point a label may be, in the order of preference. Beyond that nobody could tell
// whose label it is.
constexpr double kDistances[] = {9, 16, 26, 38};

// Where a label may be: in this direction from its point, and from there to the right (1), to the
// left (-1) or centred (0). In the order of preference.
struct Side {
  double x = 0;
  double y = 0;
  int reach = 0;
};
constexpr Side kSides[] = {{1, 0, 1},       {-1, 0, -1},      {0, -1, 0},     {0, 1, 0},
                           {0.7, -0.7, 1},  {-0.7, -0.7, -1}, {0.7, 0.7, 1},  {-0.7, 0.7, -1},
                           {0.4, -0.9, -1}, {-0.4, -0.9, 1},  {0.4, 0.9, -1}, {-0.4, 0.9, 1}};

constexpr double kPastALine = 7;  // What touching an avoided line costs, in units of distance.

ChartBox BoxAt(const LabelRequest& label, const Side& side, double distance,
               const LabelLayout& layout) {
  const double width = label.characters * layout.character_width;
  const double x = label.point.x + side.x * distance;
  const double y = label.point.y + side.y * distance;
  // Above or under its point a label is clear of it by its own half height.
  const double middle = y + side.y * layout.line_height / 2;
  ChartBox box;
  box.left = side.reach > 0 ? x : side.reach < 0 ? x - width : x - width / 2;
  box.right = box.left + width;
  box.top = middle - layout.line_height / 2;
  box.bottom = box.top + layout.line_height;
  return box;
}

bool Within(const ChartBox& box, const ChartBox& bounds) {
  return box.left >= bounds.left && box.right <= bounds.right && box.top >= bounds.top &&
         box.bottom <= bounds.bottom;
}

// By samples a few units apart: good enough for a preference.
bool Touches(const ChartBox& box, const ChartSegment& segment) {
  constexpr int kSteps = 64;
  for (int i = 0; i <= kSteps; ++i) {
    const double share = static_cast<double>(i) / kSteps;
    const double x = segment.from.x + share * (segment.to.x - segment.from.x);
    const double y = segment.from.y + share * (segment.to.y - segment.from.y);
    if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return true;
  }
  return false;
}

double CostOfLines(const ChartBox& box, const LabelLayout& layout) {
  const auto touched = std::count_if(layout.avoided.begin(), layout.avoided.end(),
                                     [&](const ChartSegment& line) { return Touches(box, line); });
  return kPastALine * static_cast<double>(touched);
}

std::optional<ChartBox> BestBox(const LabelRequest& label, const std::vector<ChartBox>& taken,
                                const LabelLayout& layout) {
  std::optional<ChartBox> best;
  double best_cost = 0;
  for (const double distance : kDistances) {
    for (const Side& side : kSides) {
      const ChartBox box = BoxAt(label, side, distance, layout);
      const auto covers = [&](const ChartBox& other) { return Overlap(box, other); };
      if (!Within(box, layout.bounds)) continue;
      if (std::any_of(taken.begin(), taken.end(), covers)) continue;
      const double cost = distance + CostOfLines(box, layout);
      if (best.has_value() && cost >= best_cost) continue;
      best = box;
      best_cost = cost;
    }
  }
  return best;
}

}  // namespace

bool Overlap(const ChartBox& a, const ChartBox& b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

std::vector<ChartBox> PlaceLabels(const std::vector<LabelRequest>& labels,
                                  const LabelLayout& layout) {
  std::vector<ChartBox> taken;
  taken.reserve(2 * labels.size());
  const double radius = layout.point_radius;
  for (const LabelRequest& label : labels) {
    taken.push_back({.left = label.point.x - radius,
                     .top = label.point.y - radius,
                     .right = label.point.x + radius,
                     .bottom = label.point.y + radius});
  }
  std::vector<ChartBox> boxes;
  for (const LabelRequest& label : labels) {
    const std::optional<ChartBox> box = BestBox(label, taken, layout);
    if (!box.has_value()) return {};
    taken.push_back(*box);
    boxes.push_back(*box);
  }
  return boxes;
}

}  // namespace sextant
