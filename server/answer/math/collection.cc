// Tuples, sets, intervals and matrices.
#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "server/answer/math/split.h"
#include "server/answer/math/statement.h"

namespace sextant::math {
namespace {

constexpr size_t kMaxItems = 64;

bool IsSeparator(const Token& token) {
  return token.kind == Tok::kComma || token.kind == Tok::kSemicolon;
}

}  // namespace

// Unions, differences and intersections of sets on the line, and sets with a name.
std::optional<Reading> StatementParser::Regions(Range range) {
  if (range.end - range.begin == 1) {
    const Token& token = At(range.begin);
    if (token.kind == Tok::kEmptySet) return MakeSet({});
    if (token.kind != Tok::kSetName) return std::nullopt;
    if (token.text == "R") return MakeRegion({WholeLine()});
    Reading set;
    set.kind = Kind::kSet;
    set.canonical = absl::StrCat(token.text, token.text);
    set.key = absl::StrCat("set ", token.text);
    return set;
  }
  constexpr uint64_t kJoints =
      Bit(Tok::kUnion) | Bit(Tok::kSetMinus) | Bit(Tok::kIntersection) | kJoiningWord;
  if (!Has(kJoints)) return std::nullopt;
  const auto joins = [this](const Token& token) {
    if (token.kind == Tok::kUnion || token.kind == Tok::kSetMinus ||
        token.kind == Tok::kIntersection)
      return true;
    const int i = static_cast<int>(&token - tokens_.list.data());
    return token.kind == Tok::kLetters && token.text == "U" && i > 0 &&
           At(i - 1).kind == Tok::kClose && At(i + 1).kind == Tok::kOpen;
  };
  const std::vector<Range> parts = Split(range, joins);
  if (parts.size() < 2 || parts.size() > kMaxItems) return std::nullopt;
  std::optional<Reading> all = Value(parts[0]);
  for (size_t i = 1; i < parts.size() && all.has_value(); ++i) {
    const Tok joint = At(parts[i].begin - 1).kind;
    const Maybe next = Value(parts[i]);
    if (!next.has_value()) return std::nullopt;
    std::optional<std::vector<Piece>> left = AsRegion(*all);
    const std::optional<std::vector<Piece>> right = AsRegion(*next);
    if (!left.has_value()) return std::nullopt;
    if (joint == Tok::kSetMinus) {
      const bool few = next->kind == Kind::kSet && !next->items.empty() && next->items.size() <= 16;
      if (!few) return std::nullopt;
      for (const Reading& point : next->items) {
        if (!point.constant) return std::nullopt;
        *left = Without(*left, point);
      }
    } else if (!right.has_value()) {
      return std::nullopt;
    } else if (joint == Tok::kIntersection) {
      *left = Intersect(*left, *right);
    } else {
      left->insert(left->end(), right->begin(), right->end());
    }
    all = MakeRegion(*std::move(left));
  }
  return all;
}

// A tuple, an interval, a set or a matrix; nullopt also for a formula in parentheses.
std::optional<Reading> StatementParser::Bracketed(Range range) {
  if (!IsSingleBracket(range)) return std::nullopt;
  // The first character tells brackets apart; that of \{ is the backslash.
  const char open = At(range.begin).text[0];
  const char close = At(range.end - 1).text[0];
  const Range inner{range.begin + 1, range.end - 1};
  if (open == '\\' || open == '{') return Braces(range);
  if (open != '(' && open != '[' && open != '<') return std::nullopt;
  if (open == '[' && close == '[') {
    if (Maybe matrix = NestedMatrix(inner)) return matrix;
  }
  if (!inner.empty() && At(inner.begin).kind == Tok::kCommand) {
    if (Maybe matrix = Matrix(inner)) return matrix;
  }
  const std::vector<Range> parts = Split(inner, IsSeparator);
  if (parts.size() > kMaxItems) return std::nullopt;
  if (parts.size() < 2) {
    // A statement in parentheses: (x = 5) is left alone.
    return open == '(' && close == '(' && parts.size() == 1 && IsSingleBracket(parts[0])
               ? Value(parts[0])
               : std::nullopt;
  }
  std::vector<Reading> items;
  items.reserve(parts.size());
  for (const Range part : parts) {
    Maybe item = Value(part);
    if (!item.has_value()) return std::nullopt;
    items.push_back(*std::move(item));
  }
  if (open == '<' || (open == '(' && close == '(')) return MakeTuple(std::move(items));
  const bool pair = items.size() == 2 && items[0].constant && items[1].constant;
  if (pair && items[0].order < items[1].order) {
    return MakeRegion({{{items[0].order, items[0].canonical, items[0].key, open == '['},
                        {items[1].order, items[1].canonical, items[1].key, close == '['}}});
  }
  // A list in square brackets, or an interval with open formulas for ends.
  Reading list = MakeTuple(std::move(items));
  list.own = false;
  for (std::string* text : {&list.canonical, &list.key}) {
    text->front() = open;
    text->back() = close == '[' ? ']' : ')';
  }
  return list;
}

std::optional<Reading> StatementParser::Braces(Range range) {
  const Range inner{range.begin + 1, range.end - 1};
  if (inner.empty()) return MakeSet({});
  // {x | x > 2}: what the condition says.
  const std::vector<Range> condition = Split(inner, [](const Token& token) {
    return token.kind == Tok::kBar || token.kind == Tok::kColon;
  });
  // A colon may also stand in a time or a ratio: {1, 3:30}.
  const bool lists = condition.size() == 2 && At(condition[1].begin - 1).kind == Tok::kColon &&
                     Split(inner, IsSeparator).size() > 1;
  if (condition.size() == 2 && !lists) {
    const auto is_in = [](const Token& token) { return token.kind == Tok::kIn; };
    const Maybe name = Value(Split(condition[0], is_in)[0]);
    Maybe line = Statement(condition[1]);
    if (!line.has_value()) line = Line(condition[1]);
    if (!name.has_value() || !line.has_value() || line->kind != Kind::kSolved) return std::nullopt;
    if (line->name != name->canonical) return std::nullopt;
    Reading value = line->items[0];
    return value.kind == Kind::kExpression ? MakeSet({value}) : value;
  }
  const std::vector<Range> parts = Split(inner, IsSeparator);
  if (parts.size() > kMaxItems) return std::nullopt;
  std::vector<Reading> items;
  for (const Range part : parts) {
    Maybe item = Value(part);
    if (!item.has_value()) return std::nullopt;
    // A set of plus-minus is part of the set that it stands in.
    bool spread = false;
    for (int i = part.begin; i < part.end; ++i)
      spread = spread || (At(i).kind == Tok::kPlusMinus && item->kind == Kind::kSet);
    if (spread) {
      items.insert(items.end(), item->items.begin(), item->items.end());
    } else {
      items.push_back(*std::move(item));
    }
  }
  return MakeSet(std::move(items));
}

// \begin{pmatrix} ... \end{pmatrix}
std::optional<Reading> StatementParser::Matrix(Range range) {
  if (range.end - range.begin < 3) return std::nullopt;
  const Token& begin = At(range.begin);
  const Token& end = At(range.end - 1);
  if (begin.kind != Tok::kCommand || end.kind != Tok::kCommand) return std::nullopt;
  static constexpr std::array<absl::string_view, 6> kMatrices = {
      "begin:pmatrix", "begin:bmatrix", "begin:Bmatrix",
      "begin:matrix",  "begin:array",   "begin:smallmatrix"};
  if (std::find(kMatrices.begin(), kMatrices.end(), begin.text) == kMatrices.end())
    return std::nullopt;
  if (end.text != absl::StrCat("end:", absl::StripPrefix(begin.text, "begin:")))
    return std::nullopt;
  Range inner{range.begin + 1, range.end - 1};
  for (int i = inner.begin; i < inner.end; ++i) {
    if (At(i).kind == Tok::kCommand && absl::StrContains(At(i).text, ':')) return std::nullopt;
  }
  if (At(inner.end - 1).kind == Tok::kNewRow) --inner.end;
  std::vector<std::vector<Range>> rows;
  for (const Range row :
       Split(inner, [](const Token& token) { return token.kind == Tok::kNewRow; })) {
    rows.push_back(Split(row, [](const Token& token) { return token.kind == Tok::kAmpersand; }));
  }
  return MakeMatrix(rows);
}

// [[1, 2], [3, 4]]
std::optional<Reading> StatementParser::NestedMatrix(Range range) {
  std::vector<std::vector<Range>> rows;
  for (const Range row : Split(range, IsSeparator)) {
    if (!IsSingleBracket(row) || At(row.begin).text != "[" || At(row.end - 1).text != "[")
      return std::nullopt;
    rows.push_back(Split({row.begin + 1, row.end - 1}, IsSeparator));
  }
  return MakeMatrix(rows);
}

std::optional<Reading> StatementParser::MakeMatrix(const std::vector<std::vector<Range>>& rows) {
  if (rows.empty() || rows.size() > kMaxItems) return std::nullopt;
  Reading matrix;
  matrix.kind = Kind::kMatrix;
  for (const std::vector<Range>& row : rows) {
    if (row.size() != rows[0].size() || row.size() > kMaxItems) return std::nullopt;
    std::vector<std::string> canonicals;
    std::vector<std::string> keys;
    for (const Range cell : row) {
      const Maybe entry = Value(cell);
      if (!entry.has_value()) return std::nullopt;
      canonicals.push_back(entry->canonical);
      keys.push_back(entry->key);
    }
    const absl::string_view joint = matrix.key.empty() ? "[" : ", ";
    absl::StrAppend(&matrix.canonical, joint, "[", absl::StrJoin(canonicals, ", "), "]");
    absl::StrAppend(&matrix.key, joint, "[", absl::StrJoin(keys, ", "), "]");
  }
  matrix.canonical += "]";
  matrix.key += "]";
  return matrix;
}

}  // namespace sextant::math
