#include "client/eval/report_chart.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/cli/text.h"
#include "client/eval/html.h"
#include "client/eval/label_layout.h"
#include "client/eval/pareto.h"

namespace sextant {
namespace {

// Units of the SVG, chosen so that its text can be read on a phone, where it shrinks to 350 px.
constexpr double kWidth = 400;
constexpr double kHeight = 330;
constexpr ChartBox kPlot = {.left = 42, .top = 26, .right = 390, .bottom = 284};
constexpr int kMaxLabel = 34;  // Characters.

Interval RangeOf(const Estimate& estimate) {
  return estimate.interval.value_or(Interval{.low = estimate.value, .high = estimate.value});
}

struct Axis {
  std::vector<double> ticks;
  double at_low = 0;  // Where the first tick is in the SVG.
  double at_high = 0;

  double Place(double value) const {
    return at_low + (value - ticks.front()) / (ticks.back() - ticks.front()) * (at_high - at_low);
  }
};

Axis TokenAxis(const std::vector<ChartPoint>& points) {
  double high = 1;
  for (const ChartPoint& point : points) high = std::max(high, RangeOf(point.tokens).high);
  return {.ticks = AxisTicks(0, high), .at_low = kPlot.left, .at_high = kPlot.right};
}

Axis AccuracyAxis(const std::vector<ChartPoint>& points) {
  double low = 1;
  double high = 0;
  for (const ChartPoint& point : points) {
    low = std::min(low, RangeOf(point.accuracy).low);
    high = std::max(high, RangeOf(point.accuracy).high);
  }
  // A range of its own even where all points are at one height; never beyond 0 and 100 %.
  constexpr double kLeast = 0.05;
  const double missing = std::max(0.0, kLeast - (high - low));
  high = std::min(1.0, high + missing / 2);
  low = std::max(0.0, std::min(low, high - kLeast));
  return {.ticks = AxisTicks(low, high), .at_low = kPlot.bottom, .at_high = kPlot.top};
}

std::string LineSvg(const char* style, const ChartSegment& line) {
  return absl::StrFormat("<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
                         style, line.from.x, line.from.y, line.to.x, line.to.y);
}

struct TextSvg {
  double x = 0;
  double y = 0;
  const char* anchor = "start";
  std::string style = "tick";
};

std::string ToSvg(const TextSvg& at, absl::string_view text) {
  return absl::StrFormat("<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                         at.style, at.x, at.y, at.anchor, EscapeHtml(text));
}

std::string TitlesSvg(const Chart& chart) {
  return absl::StrCat(ToSvg({.x = kPlot.left - 38, .y = 11, .style = "axis-title"}, "accuracy"),
                      ToSvg({.x = (kPlot.left + kPlot.right) / 2,
                             .y = kHeight - 8,
                             .anchor = "middle",
                             .style = "axis-title"},
                            chart.x_title));
}

std::string GridSvg(const Axis& x, const Axis& y) {
  std::string svg;
  for (const double tick : y.ticks) {
    const double at = y.Place(tick);
    svg += LineSvg("grid", {{kPlot.left, at}, {kPlot.right, at}});
    svg += ToSvg({.x = kPlot.left - 6, .y = at + 4, .anchor = "end"},
                 absl::StrFormat("%.4g %%", tick * 100));
  }
  for (const double tick : x.ticks) {
    const double at = x.Place(tick);
    svg += LineSvg("axis", {{at, kPlot.bottom}, {at, kPlot.bottom + 4}});
    // The last one would stick out at the right.
    const bool is_last = tick == x.ticks.back();
    svg += ToSvg({.x = is_last ? kPlot.right + 8 : at,
                  .y = kPlot.bottom + 18,
                  .anchor = is_last ? "end" : "middle"},
                 ShortTokens(tick));
  }
  return svg + LineSvg("axis", {{kPlot.left, kPlot.bottom}, {kPlot.right, kPlot.bottom}});
}

// A chart in the SVG's units.
struct Drawing {
  std::vector<ChartPosition> points;
  std::vector<ChartSegment> error_bars;
  std::vector<size_t> front;
};

Drawing Draw(const std::vector<ChartPoint>& points, const Axis& x, const Axis& y) {
  Drawing drawing;
  std::vector<Offer> offers;
  for (const ChartPoint& point : points) {
    const ChartPosition at = {x.Place(point.tokens.value), y.Place(point.accuracy.value)};
    const Interval tokens = RangeOf(point.tokens);
    const Interval accuracy = RangeOf(point.accuracy);
    drawing.points.push_back(at);
    drawing.error_bars.push_back({{x.Place(tokens.low), at.y}, {x.Place(tokens.high), at.y}});
    drawing.error_bars.push_back({{at.x, y.Place(accuracy.low)}, {at.x, y.Place(accuracy.high)}});
    offers.push_back({.tokens = point.tokens.value, .accuracy = point.accuracy.value});
  }
  drawing.front = ParetoFront(offers);
  return drawing;
}

std::vector<ChartSegment> FrontLines(const Drawing& drawing) {
  std::vector<ChartSegment> lines;
  for (size_t i = 1; i < drawing.front.size(); ++i) {
    lines.push_back({drawing.points[drawing.front[i - 1]], drawing.points[drawing.front[i]]});
  }
  return lines;
}

std::string MarkerSvg(const ChartPoint& point, ChartPosition at, bool on_front) {
  const std::string style =
      absl::StrCat("point", on_front ? " front" : "", point.emphasised ? " emphasised" : "");
  const std::string title =
      absl::StrFormat("<title>%s: %s at %s tokens</title>", EscapeHtml(point.name),
                      Percent(point.accuracy.value), TokensText(point.tokens.value));
  if (point.emphasised) {
    return absl::StrFormat(
        "<path class=\"%s\" d=\"M%.1f %.1fl6.5 6.5l-6.5 6.5l-6.5 -6.5z\">%s</path>\n", style, at.x,
        at.y - 6.5, title);
  }
  return absl::StrFormat("<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\">%s</circle>\n",
                         style, at.x, at.y, title);
}

// The points that are emphasised come first, then those from left to right: in that order they
// choose where their labels go.
std::vector<size_t> LabelOrder(const std::vector<ChartPoint>& points) {
  std::vector<size_t> order(points.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (points[a].emphasised != points[b].emphasised) return points[a].emphasised;
    return points[a].tokens.value < points[b].tokens.value;
  });
  return order;
}

std::string LabelSvg(const std::string& text, const ChartPoint& point, ChartPosition at,
                     const ChartBox& box) {
  const bool leftwards = box.right < at.x;
  const bool rightwards = box.left > at.x;
  const ChartPosition near = {leftwards    ? box.right
                              : rightwards ? box.left
                                           : at.x,
                              box.top > at.y      ? box.top
                              : box.bottom < at.y ? box.bottom
                                                  : (box.top + box.bottom) / 2};
  std::string svg;
  // A label that is not beside its point is tied to it.
  if (std::hypot(near.x - at.x, near.y - at.y) > 14) svg += LineSvg("leader", {at, near});
  const double x = leftwards ? box.right : rightwards ? box.left : (box.left + box.right) / 2;
  return svg + ToSvg({.x = x,
                      .y = box.bottom - 3,
                      .anchor = leftwards    ? "end"
                                : rightwards ? "start"
                                             : "middle",
                      .style = point.emphasised ? "label emphasised" : "label"},
                     text);
}

struct Labels {
  std::vector<std::string> texts;  // In the order of LabelOrder.
  std::vector<ChartBox> boxes;     // Empty when there is no room.
};

template <typename Text>
Labels Place(const Chart& chart, const Drawing& drawing, Text text_of) {
  LabelLayout layout;
  layout.bounds = {.left = kPlot.left + 3, .top = 14, .right = kWidth, .bottom = kPlot.bottom - 2};
  layout.avoided = drawing.error_bars;
  for (const ChartSegment& line : FrontLines(drawing)) layout.avoided.push_back(line);
  Labels labels;
  std::vector<LabelRequest> requests;
  for (const size_t i : LabelOrder(chart.points)) {
    labels.texts.push_back(text_of(chart.points[i]));
    // One more, so that two neighbours do not read as one.
    const int characters = Columns(labels.texts.back()) + 1;
    requests.push_back({.point = drawing.points[i], .characters = characters});
  }
  labels.boxes = PlaceLabels(requests, layout);
  return labels;
}

std::string LabelsSvg(const Chart& chart, const Drawing& drawing, const Labels& labels) {
  const std::vector<size_t> order = LabelOrder(chart.points);
  std::string svg;
  for (size_t i = 0; i < labels.boxes.size(); ++i) {
    svg += LabelSvg(labels.texts[i], chart.points[order[i]], drawing.points[order[i]],
                    labels.boxes[i]);
  }
  return svg;
}

std::string KeyHtml(const Chart& chart) {
  std::string html = "<ul class=\"key\">";
  for (const ChartPoint& point : chart.points) {
    absl::StrAppend(&html, "<li><b>", point.number, "</b> ", EscapeHtml(point.name), "</li> ");
  }
  return html + "</ul>\n";
}

// What the chart shows, for who cannot see it.
std::string Description(const Chart& chart, const Drawing& drawing) {
  std::string text;
  for (const ChartPoint& point : chart.points) {
    absl::StrAppend(&text, point.name, ": ", Percent(point.accuracy.value), " at ",
                    TokensText(point.tokens.value), " tokens. ");
  }
  text += "On the Pareto front: ";
  for (size_t i = 0; i < drawing.front.size(); ++i) {
    absl::StrAppend(&text, i == 0 ? "" : ", ", chart.points[drawing.front[i]].name);
  }
  return text + ".";
}

}  // namespace

std::string ChartHtml(const Chart& chart) {
  const Axis x = TokenAxis(chart.points);
  const Axis y = AccuracyAxis(chart.points);
  const Drawing drawing = Draw(chart.points, x, y);
  Labels labels =
      Place(chart, drawing, [](const ChartPoint& point) { return Fit(point.name, kMaxLabel); });
  const bool has_names = !labels.boxes.empty();
  // Numbers may find no room either; then tooltips and tables have to do.
  if (!has_names) {
    labels =
        Place(chart, drawing, [](const ChartPoint& point) { return absl::StrCat(point.number); });
  }
  std::string svg = absl::StrFormat(
      "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"%s-title %s-text\">\n"
      "<title id=\"%s-title\">%s</title>\n<desc id=\"%s-text\">%s</desc>\n",
      kWidth, kHeight, chart.id, chart.id, chart.id, EscapeHtml(chart.title), chart.id,
      EscapeHtml(Description(chart, drawing)));
  svg += GridSvg(x, y) + TitlesSvg(chart);
  for (const ChartSegment& bar : drawing.error_bars) svg += LineSvg("error", bar);
  for (const ChartSegment& line : FrontLines(drawing)) svg += LineSvg("front-line", line);
  // Last, so that nothing covers them: the labels, and before those the points that are emphasised.
  std::vector<size_t> order = LabelOrder(chart.points);
  std::reverse(order.begin(), order.end());
  for (const size_t i : order) {
    const bool on_front =
        std::find(drawing.front.begin(), drawing.front.end(), i) != drawing.front.end();
    svg += MarkerSvg(chart.points[i], drawing.points[i], on_front);
  }
  svg += LabelsSvg(chart, drawing, labels) + "</svg>\n";
  return has_names ? svg : svg + KeyHtml(chart);
}

std::vector<double> AxisTicks(double low, double high) {
  const double rough = std::max(high - low, 1e-9) / 6.5;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power * 10;
  for (const double factor : {5.0, 2.5, 2.0, 1.0}) {
    if (power * factor >= rough * 0.99) step = power * factor;
  }
  std::vector<double> ticks;
  // Multiples of the step, so that no error adds up; the small part forgives one of rounding.
  const double first = std::floor(low / step + 1e-9);
  const double last = std::max(first + 1, std::ceil(high / step - 1e-9));
  for (double i = first; i <= last; ++i) ticks.push_back(i * step);
  return ticks;
}

std::string ShortTokens(double tokens) {
  if (tokens >= 1e6) return absl::StrFormat("%.4gM", tokens / 1e6);
  if (tokens >= 1e3) return absl::StrFormat("%.4gk", tokens / 1e3);
  return absl::StrFormat("%.4g", tokens);
}

}  // namespace sextant
