#include "server/answer/math/reading.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sextant::math {
namespace {

bool Before(const End& a, const End& b) { return a.key != b.key && a.order < b.order; }

std::string Joined(const std::vector<Reading>& items, std::string Reading::*text) {
  std::string all;
  for (const Reading& item : items) absl::StrAppend(&all, all.empty() ? "" : ", ", item.*text);
  return all;
}

std::string PieceText(const Piece& piece, std::string End::*text) {
  if (piece.low.key == piece.high.key) return absl::StrCat("{", piece.low.*text, "}");
  return absl::StrCat(piece.low.closed ? "[" : "(", piece.low.*text, ", ", piece.high.*text,
                      piece.high.closed ? "]" : ")");
}

bool IsEmpty(const Piece& piece) {
  if (piece.low.key == piece.high.key) return !piece.low.closed || !piece.high.closed;
  return piece.high.order < piece.low.order;
}

// Whether a list of them is its own normal form as well: short enough for every limit of reading.
bool AreOwn(const std::vector<Reading>& items) {
  return items.size() <= 8 && std::all_of(items.begin(), items.end(), [](const Reading& item) {
           return item.own && item.kind == Kind::kExpression && item.canonical.size() <= 20;
         });
}

}  // namespace

Reading MakeSet(std::vector<Reading> items) {
  std::sort(items.begin(), items.end(), [](const Reading& a, const Reading& b) {
    if (a.constant != b.constant) return a.constant;
    if (a.constant && a.key != b.key && a.order != b.order) return a.order < b.order;
    return a.key < b.key;
  });
  items.erase(std::unique(items.begin(), items.end(),
                          [](const Reading& a, const Reading& b) { return a.key == b.key; }),
              items.end());
  Reading set;
  set.kind = Kind::kSet;
  set.canonical = absl::StrCat("{", Joined(items, &Reading::canonical), "}");
  set.key = absl::StrCat("{", Joined(items, &Reading::key), "}");
  const bool number =
      items.size() == 1 && (items[0].kind == Kind::kExpression || items[0].kind == Kind::kQuantity);
  if (number) set.loose_key = items[0].key;
  set.own = AreOwn(items);
  set.items = std::move(items);
  return set;
}

Reading MakeTuple(std::vector<Reading> items) {
  Reading tuple;
  tuple.kind = Kind::kTuple;
  tuple.canonical = absl::StrCat("(", Joined(items, &Reading::canonical), ")");
  tuple.key = absl::StrCat("(", Joined(items, &Reading::key), ")");
  tuple.own = AreOwn(items);
  tuple.items = std::move(items);
  return tuple;
}

Reading MakeRegion(std::vector<Piece> pieces) {
  pieces.erase(std::remove_if(pieces.begin(), pieces.end(), IsEmpty), pieces.end());
  std::sort(pieces.begin(), pieces.end(), [](const Piece& a, const Piece& b) {
    if (a.low.key != b.low.key) return a.low.order < b.low.order;
    return a.low.closed && !b.low.closed;
  });
  std::vector<Piece> merged;
  for (Piece& piece : pieces) {
    Piece* last = merged.empty() ? nullptr : &merged.back();
    const bool touches =
        last != nullptr &&
        (Before(piece.low, last->high) ||
         (piece.low.key == last->high.key && (piece.low.closed || last->high.closed)));
    if (!touches) {
      merged.push_back(std::move(piece));
      continue;
    }
    if (last->high.key == piece.high.key) {
      last->high.closed = last->high.closed || piece.high.closed;
    } else if (Before(last->high, piece.high)) {
      last->high = piece.high;
    }
  }
  Reading region;
  region.kind = Kind::kRegion;
  for (const Piece& piece : merged) {
    const absl::string_view joint = region.key.empty() ? "" : " U ";
    absl::StrAppend(&region.canonical, joint, PieceText(piece, &End::canonical));
    absl::StrAppend(&region.key, joint, PieceText(piece, &End::key));
  }
  if (merged.empty()) region.canonical = region.key = "{}";
  region.pieces = std::move(merged);
  return region;
}

Reading MakeSolved(std::string name, Reading value) {
  if (value.kind == Kind::kSet && value.items.size() == 1) value = Reading(value.items[0]);
  const bool in = value.kind == Kind::kSet || value.kind == Kind::kRegion;
  Reading solved;
  solved.kind = Kind::kSolved;
  solved.bare = false;
  solved.canonical = absl::StrCat(name, in ? " in " : " = ", value.canonical);
  solved.key = absl::StrCat(name, in ? " in " : " = ", value.key);
  solved.loose_key = value.key;
  solved.name = std::move(name);
  solved.items.push_back(std::move(value));
  return solved;
}

std::vector<Piece> Intersect(const std::vector<Piece>& a, const std::vector<Piece>& b) {
  std::vector<Piece> common;
  if (a.size() * b.size() > 400) return common;
  for (const Piece& left : a) {
    for (const Piece& right : b) {
      Piece piece;
      piece.low = Before(left.low, right.low) ? right.low : left.low;
      if (left.low.key == right.low.key) piece.low.closed = left.low.closed && right.low.closed;
      piece.high = Before(left.high, right.high) ? left.high : right.high;
      if (left.high.key == right.high.key)
        piece.high.closed = left.high.closed && right.high.closed;
      common.push_back(std::move(piece));
    }
  }
  return common;
}

std::vector<Piece> Without(const std::vector<Piece>& a, const Reading& point) {
  const End end{point.order, point.canonical, point.key, false};
  Piece below = WholeLine();
  Piece above = WholeLine();
  below.high = end;
  above.low = end;
  return MakeRegion(Intersect(a, {below, above})).pieces;
}

Piece WholeLine() { return {{-1e308, "-inf", "-inf", false}, {1e308, "inf", "inf", false}}; }

std::optional<std::vector<Piece>> AsRegion(const Reading& reading) {
  if (reading.kind == Kind::kRegion) return reading.pieces;
  if (reading.kind == Kind::kSet) {
    std::vector<Piece> points;
    for (const Reading& item : reading.items) {
      if (!item.constant) return std::nullopt;
      const End end{item.order, item.canonical, item.key, true};
      points.push_back({end, end});
    }
    return points;
  }
  if (reading.kind != Kind::kTuple || reading.items.size() != 2) return std::nullopt;
  const Reading& low = reading.items[0];
  const Reading& high = reading.items[1];
  if (!low.constant || !high.constant || !(low.order < high.order)) return std::nullopt;
  return std::vector<Piece>{
      {{low.order, low.canonical, low.key, false}, {high.order, high.canonical, high.key, false}}};
}

}  // namespace sextant::math
