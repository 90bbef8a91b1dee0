// What a statement says, with the texts that identify it.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace sextant::math {

enum class Kind {
  kExpression,
  kQuantity,  // With a unit, a time, a date, a ratio: nothing that is computed with.
  kTuple,
  kSet,     // Finite; items are its elements.
  kRegion,  // Of the real line; pieces are its intervals and points.
  kMatrix,
  kSolved,    // name = items[0], or name in items[0].
  kRelation,  // Any other equation or inequality.
};

// An end of an interval.
struct End {
  double order = 0;
  std::string canonical;  // "-inf" and "inf" for no end.
  std::string key;
  bool closed = false;
};

struct Piece {
  End low;
  End high;
};

struct Reading {
  Kind kind = Kind::kExpression;
  std::string canonical;
  std::string key;
  std::string loose_key;  // Empty where it is the key.
  std::string name;       // Of kSolved.
  std::vector<Reading> items;
  std::vector<Piece> pieces;
  bool constant = false;  // A real constant, with `order` near its value.
  bool bare = true;       // Without a relation: an element of a list.
  double order = 0;
  bool rational = false;  // What stands before the unit is a rational number.
  bool own = false;       // The canonical text is known to be read as itself.
};

// The finite set, the union, and the parts of one line that these readings make.
Reading MakeSet(std::vector<Reading> items);
Reading MakeTuple(std::vector<Reading> items);
Reading MakeRegion(std::vector<Piece> pieces);
// `name` = `value`, or `name` in `value` where that is a set or region.
Reading MakeSolved(std::string name, Reading value);
// The line without `points`, or what two regions have in common.
std::vector<Piece> Intersect(const std::vector<Piece>& a, const std::vector<Piece>& b);
std::vector<Piece> Without(const std::vector<Piece>& a, const Reading& point);
// The region that a reading is: a region, a pair as an open interval, a set of constants.
std::optional<std::vector<Piece>> AsRegion(const Reading& reading);
Piece WholeLine();

}  // namespace sextant::math
