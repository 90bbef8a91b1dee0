// Lists, equations and inequalities.
#include "server/answer/math/statement.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "server/answer/math/normal_form.h"
#include "server/answer/math/numeric.h"
#include "server/answer/math/split.h"

namespace sextant::math {
namespace {

using absl::string_view;

constexpr size_t kMaxItems = 64;

bool IsEquality(const Token& token) { return token.kind == Tok::kEqual; }

bool IsInequality(const Token& token) {
  return token.kind == Tok::kLess || token.kind == Tok::kLessEqual || token.kind == Tok::kGreater ||
         token.kind == Tok::kGreaterEqual;
}

}  // namespace

bool StatementParser::IsSingleBracket(Range range) const {
  return range.end - range.begin >= 2 && At(range.begin).kind == Tok::kOpen &&
         At(range.begin).match == range.end - 1;
}

bool StatementParser::IsWord(int i, string_view word) const {
  return (At(i).kind == Tok::kLetters || At(i).kind == Tok::kWord) && At(i).text == word;
}

std::optional<Reading> StatementParser::Whole() {
  const Range all{0, static_cast<int>(tokens_.list.size()) - 1};
  const bool single = all.end == 1 && At(0).text.size() == 1;
  bool words = !tokens_.dressed && !single;
  for (int i = all.begin; i < all.end && words; ++i)
    words = At(i).kind == Tok::kLetters || At(i).kind == Tok::kWord;
  // Words without anything else are text.
  if (words) return std::nullopt;
  return Statement(all);
}

std::optional<Reading> StatementParser::WholeQuantity() {
  Range all{0, static_cast<int>(tokens_.list.size()) - 1};
  const auto is = [](const Token& token) {
    return token.kind == Tok::kAlmost || token.kind == Tok::kEqual;
  };
  const std::vector<Range> parts = Split(all, is);
  if (parts.size() > 1) {
    // The exact part: left of the first sign of approximation, right of the last equals sign.
    size_t chosen = 0;
    while (chosen + 1 < parts.size() && At(parts[chosen].end).kind == Tok::kEqual) ++chosen;
    all = parts[chosen];
    Maybe value = Value(all);
    if (!value.has_value() && chosen + 1 < parts.size()) value = Value(parts[chosen + 1]);
    if (!value.has_value() || !value->rational) return std::nullopt;
    return value;
  }
  Maybe value = Value(all);
  const bool fits = value.has_value() && value->rational &&
                    (value->kind == Kind::kQuantity || value->kind == Kind::kExpression);
  return fits ? value : std::nullopt;
}

std::optional<Reading> StatementParser::Statement(Range range) {
  if (range.empty()) return std::nullopt;
  constexpr uint64_t kSeparators = Bit(Tok::kComma) | Bit(Tok::kSemicolon) | kJoiningWord;
  if (!Has(kSeparators)) return Line(range);
  const auto separates = [this](const Token& token) {
    const auto i = static_cast<int>(&token - tokens_.list.data());
    return token.kind == Tok::kComma || token.kind == Tok::kSemicolon || IsWord(i, "or") ||
           IsWord(i, "and");
  };
  const std::vector<Range> parts = Split(range, separates);
  if (parts.size() == 1) return Line(range);
  // A date has a comma, and "3 hours and 30 minutes" is one quantity.
  if (Maybe date = Clock(range)) return date;
  if (Maybe compound = Compound(range)) return compound;
  if (Maybe alternatives = Alternatives(range)) return alternatives;
  return List(range, parts);
}

// "x = 2, y = 3 or x = 3, y = 2": systems of which one holds.
std::optional<Reading> StatementParser::Alternatives(Range range) {
  const std::vector<Range> parts = Split(range, [this](const Token& token) {
    return IsWord(static_cast<int>(&token - tokens_.list.data()), "or");
  });
  if (parts.size() < 2 || parts.size() > 8) return std::nullopt;
  std::vector<Reading> systems;
  std::vector<Reading> tuples;
  for (const Range part : parts) {
    Maybe system = Statement(part);
    if (!system.has_value() || system->items.size() < 2 || system->kind != Kind::kRelation)
      return std::nullopt;
    Reading tuple;
    tuple.canonical = tuple.key = system->loose_key;
    tuples.push_back(std::move(tuple));
    systems.push_back(*std::move(system));
  }
  std::sort(systems.begin(), systems.end(),
            [](const Reading& a, const Reading& b) { return a.key < b.key; });
  Reading all;
  all.kind = Kind::kRelation;
  all.bare = false;
  for (const Reading& system : systems) {
    absl::StrAppend(&all.canonical, all.canonical.empty() ? "" : " or ", system.canonical);
    absl::StrAppend(&all.key, all.key.empty() ? "" : " or ", system.key);
  }
  all.loose_key = MakeSet(std::move(tuples)).key;
  return all;
}

std::optional<Reading> StatementParser::List(Range range, const std::vector<Range>& parts) {
  if (parts.size() > kMaxItems) return std::nullopt;
  Joint joint = Joint::kComma;
  std::vector<Reading> items;
  for (const Range part : parts) {
    if (part.end < range.end && IsWord(part.end, "and")) joint = Joint::kAnd;
    if (part.end < range.end && IsWord(part.end, "or")) joint = Joint::kOr;
    // "1, 2, and 3" has nothing between a comma and its word.
    if (part.empty() && part.begin > range.begin && part.end < range.end &&
        At(part.begin - 1).kind == Tok::kComma)
      continue;
    Maybe item = Line(part);
    if (!item.has_value()) return std::nullopt;
    // "x = 1, 2": the name is meant for all.
    const bool named = item->bare && !items.empty() && items[0].kind == Kind::kSolved;
    if (named) item = MakeSolved(items[0].name, *std::move(item));
    items.push_back(*std::move(item));
  }
  return Joined(std::move(items), joint);
}

std::optional<Reading> StatementParser::Joined(std::vector<Reading> items, Joint joint) {
  const auto all = [&items](auto is) { return std::all_of(items.begin(), items.end(), is); };
  std::vector<Reading> values;
  if (all([](const Reading& item) { return item.bare; })) {
    for (Reading& item : items) {
      if (item.kind == Kind::kSet && item.items.size() > 1) {
        values.insert(values.end(), item.items.begin(), item.items.end());
      } else {
        values.push_back(std::move(item));
      }
    }
    return MakeSet(std::move(values));
  }
  const std::string name = items[0].name;
  const bool one_name =
      all([&name](const Reading& item) { return item.kind == Kind::kSolved && item.name == name; });
  if (!one_name) return System(std::move(items));
  const bool regions = std::any_of(items.begin(), items.end(), [](const Reading& item) {
    return item.items[0].kind == Kind::kRegion;
  });
  if (!regions) {
    for (Reading& item : items) {
      Reading& value = item.items[0];
      if (value.kind == Kind::kSet) {
        values.insert(values.end(), value.items.begin(), value.items.end());
      } else {
        values.push_back(std::move(value));
      }
    }
    return MakeSolved(name, MakeSet(std::move(values)));
  }
  // Does a comma between inequalities mean "and" or "or"?
  if (joint == Joint::kComma) return std::nullopt;
  std::optional<std::vector<Piece>> region;
  for (const Reading& item : items) {
    const Reading& value = item.items[0];
    const bool point = value.kind == Kind::kExpression;
    const std::optional<std::vector<Piece>> next = AsRegion(point ? MakeSet({value}) : value);
    if (!next.has_value()) return std::nullopt;
    if (!region.has_value()) {
      region = next;
    } else if (joint == Joint::kAnd) {
      region = Intersect(*region, *next);
    } else {
      region->insert(region->end(), next->begin(), next->end());
    }
  }
  return MakeSolved(name, MakeRegion(*std::move(region)));
}

// Statements about several names, in any order: "x = 1, y = 2".
std::optional<Reading> StatementParser::System(std::vector<Reading> items) {
  std::sort(items.begin(), items.end(), [](const Reading& a, const Reading& b) {
    return a.name != b.name ? a.name < b.name : a.key < b.key;
  });
  Reading system;
  system.kind = Kind::kRelation;
  system.bare = false;
  std::vector<Reading> values;
  for (size_t i = 1; i < items.size(); ++i) {
    // x = 1, x = 2, y = 3 may mean anything.
    if (items[i].kind == Kind::kSolved && items[i].name == items[i - 1].name) return std::nullopt;
  }
  for (const Reading& item : items) {
    absl::StrAppend(&system.canonical, system.canonical.empty() ? "" : ", ", item.canonical);
    absl::StrAppend(&system.key, system.key.empty() ? "" : ", ", item.key);
    if (item.kind == Kind::kSolved && item.items[0].kind == Kind::kExpression)
      values.push_back(item.items[0]);
  }
  if (values.size() == items.size()) system.loose_key = MakeTuple(std::move(values)).key;
  system.items = std::move(items);
  return system;
}

std::optional<Reading> StatementParser::Line(Range range) {
  if (range.empty()) return std::nullopt;
  constexpr uint64_t kRelations = Bit(Tok::kAlmost) | Bit(Tok::kEqual) | Bit(Tok::kNotEqual) |
                                  Bit(Tok::kLess) | Bit(Tok::kLessEqual) | Bit(Tok::kGreater) |
                                  Bit(Tok::kGreaterEqual) | Bit(Tok::kIn) | kJoiningWord;
  if (!Has(kRelations)) return Value(range);
  std::vector<Range> parts =
      Split(range, [](const Token& token) { return token.kind == Tok::kAlmost; });
  if (parts.size() > 1) {
    if (parts[0].empty()) return parts.size() == 2 ? Line(parts[1]) : std::nullopt;
    // What is rounded at the end counts as its exact part; a bare name has none.
    const Maybe exact = Line(parts[0]);
    if (!exact.has_value()) return std::nullopt;
    if (!exact->constant && exact->kind == Kind::kExpression) return Equal(parts[0], parts[1]);
    return exact;
  }
  parts = Split(range, IsEquality);
  if (parts.size() > 1) return Equation(parts);
  parts = Split(range, IsInequality);
  if (parts.size() > 1) return Inequality(range, parts);
  parts = Split(range, [](const Token& token) { return token.kind == Tok::kNotEqual; });
  if (parts.size() == 2) return NotEqual(parts[0], parts[1]);
  parts = Split(range, [](const Token& token) { return token.kind == Tok::kIn; });
  if (parts.size() == 1) {
    parts = Split(range, [this](const Token& token) {
      return IsWord(static_cast<int>(&token - tokens_.list.data()), "in");
    });
    // Without a set behind it the word is an inch.
    const bool set =
        parts.size() == 2 && !parts[1].empty() &&
        (At(parts[1].begin).kind == Tok::kOpen || At(parts[1].begin).kind == Tok::kSetName);
    if (!set) return Value(range);
  }
  return parts.size() == 2 ? Member(parts[0], parts[1]) : std::nullopt;
}

}  // namespace sextant::math
