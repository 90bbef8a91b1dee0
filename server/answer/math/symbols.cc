#include "server/answer/math/symbols.h"

#include <array>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"

namespace sextant::math {
namespace {

using absl::string_view;
using Entry = std::pair<string_view, Symbol>;
using Table = absl::flat_hash_map<string_view, Symbol>;

constexpr std::array<string_view, 26> kGreek = {
    "alpha",  "beta",  "gamma", "delta", "epsilon", "zeta",   "eta", "theta", "kappa",
    "lambda", "mu",    "nu",    "xi",    "rho",     "sigma",  "tau", "phi",   "chi",
    "psi",    "omega", "Gamma", "Delta", "Theta",   "Lambda", "Phi", "Omega"};

constexpr std::array<string_view, 19> kFunctions = {
    "sin",    "cos",    "tan", "cot", "sec", "csc", "sinh", "cosh",  "tanh", "arcsin",
    "arccos", "arctan", "ln",  "log", "lg",  "exp", "abs",  "floor", "ceil"};

constexpr Entry kCommands[] = {
    {"frac", {Tok::kCommand, "frac"}},
    {"dfrac", {Tok::kCommand, "frac"}},
    {"tfrac", {Tok::kCommand, "frac"}},
    {"cfrac", {Tok::kCommand, "frac"}},
    {"binom", {Tok::kCommand, "binom"}},
    {"dbinom", {Tok::kCommand, "binom"}},
    {"tbinom", {Tok::kCommand, "binom"}},
    {"sqrt", {Tok::kCommand, "root"}},
    {"overline", {Tok::kCommand, "overline"}},
    {"bar", {Tok::kCommand, "overline"}},
    {"dot", {Tok::kCommand, "overline"}},
    {"begin", {Tok::kCommand, "begin"}},
    {"end", {Tok::kCommand, "end"}},
    {"pi", {Tok::kName, "pi"}},
    {"varphi", {Tok::kName, "phi"}},
    {"varepsilon", {Tok::kName, "epsilon"}},
    {"vartheta", {Tok::kName, "theta"}},
    {"ell", {Tok::kName, "ell"}},
    {"imath", {Tok::kLetters, "i"}},
    {"cdot", {Tok::kTimes, ""}},
    {"times", {Tok::kTimes, ""}},
    {"ast", {Tok::kTimes, ""}},
    {"div", {Tok::kSlash, ""}},
    {"pm", {Tok::kPlusMinus, ""}},
    {"mp", {Tok::kMinusPlus, ""}},
    {"le", {Tok::kLessEqual, ""}},
    {"leq", {Tok::kLessEqual, ""}},
    {"leqslant", {Tok::kLessEqual, ""}},
    {"lt", {Tok::kLess, ""}},
    {"ge", {Tok::kGreaterEqual, ""}},
    {"geq", {Tok::kGreaterEqual, ""}},
    {"geqslant", {Tok::kGreaterEqual, ""}},
    {"gt", {Tok::kGreater, ""}},
    {"ne", {Tok::kNotEqual, ""}},
    {"neq", {Tok::kNotEqual, ""}},
    {"approx", {Tok::kAlmost, ""}},
    {"simeq", {Tok::kAlmost, ""}},
    {"in", {Tok::kIn, ""}},
    {"cup", {Tok::kUnion, ""}},
    {"cap", {Tok::kIntersection, ""}},
    {"setminus", {Tok::kSetMinus, ""}},
    {"backslash", {Tok::kSetMinus, ""}},
    {"infty", {Tok::kInfinity, ""}},
    {"emptyset", {Tok::kEmptySet, ""}},
    {"varnothing", {Tok::kEmptySet, ""}},
    {"circ", {Tok::kDegree, ""}},
    {"degree", {Tok::kDegree, ""}},
    {"prime", {Tok::kPrime, ""}},
    {"colon", {Tok::kColon, ""}},
    {"vert", {Tok::kBar, ""}},
    {"mid", {Tok::kBar, ""}},
    {"lvert", {Tok::kOpen, "|"}},
    {"rvert", {Tok::kClose, "|"}},
    {"lfloor", {Tok::kOpen, "F"}},
    {"rfloor", {Tok::kClose, "F"}},
    {"lceil", {Tok::kOpen, "C"}},
    {"rceil", {Tok::kClose, "C"}},
    {"langle", {Tok::kOpen, "<"}},
    {"rangle", {Tok::kClose, "<"}},
    {"lbrace", {Tok::kOpen, "\\{"}},
    {"rbrace", {Tok::kClose, "\\{"}},
    {"lbrack", {Tok::kOpen, "["}},
    {"rbrack", {Tok::kClose, "["}},
    {"pounds", {Tok::kCurrency, "GBP"}},
    {"euro", {Tok::kCurrency, "EUR"}},
    {"quad", {Tok::kEnd, " "}},
    {"qquad", {Tok::kEnd, " "}},
    {"displaystyle", {Tok::kEnd, ""}},
    {"textstyle", {Tok::kEnd, ""}},
    {"limits", {Tok::kEnd, ""}},
    {"big", {Tok::kEnd, ""}},
    {"Big", {Tok::kEnd, ""}},
    {"bigl", {Tok::kEnd, ""}},
    {"bigr", {Tok::kEnd, ""}},
    {"Bigl", {Tok::kEnd, ""}},
    {"Bigr", {Tok::kEnd, ""}},
    {"bigg", {Tok::kEnd, ""}},
    {"Bigg", {Tok::kEnd, ""}},
    {"text", {Tok::kWord, ""}},
    {"textbf", {Tok::kWord, ""}},
    {"textit", {Tok::kWord, ""}},
    {"textrm", {Tok::kWord, ""}},
    {"mbox", {Tok::kWord, ""}},
    {"mathrm", {Tok::kWord, ""}},
    {"operatorname", {Tok::kWord, ""}},
    {"mathit", {Tok::kLetters, ""}},
    {"mathbf", {Tok::kLetters, ""}},
    {"boldsymbol", {Tok::kLetters, ""}},
    {"boxed", {Tok::kLetters, ""}},
    {"fbox", {Tok::kLetters, ""}},
    {"vec", {Tok::kLetters, ""}},
    {"mathsf", {Tok::kLetters, ""}},
    {"mathbb", {Tok::kSetName, ""}},
    {"over", {Tok::kCommand, "over"}},
    {"angle", {Tok::kEnd, ""}},
    {"wedge", {Tok::kWord, "and"}},
    {"land", {Tok::kWord, "and"}},
    {"vee", {Tok::kWord, "or"}},
    {"lor", {Tok::kWord, "or"}},
};

Table CommandTable() {
  Table table(std::begin(kCommands), std::end(kCommands));
  for (const string_view name : kGreek) table[name] = {Tok::kName, name};
  for (const string_view name : kFunctions) table[name] = {Tok::kFunction, name};
  return table;
}

Table PlainTable() {
  Table table;
  for (const string_view name : kGreek) table[name] = {Tok::kName, name};
  for (const string_view name : kFunctions) table[name] = {Tok::kFunction, name};
  table["pi"] = {Tok::kName, "pi"};
  table["ell"] = {Tok::kName, "ell"};
  table["sqrt"] = {Tok::kFunction, "sqrt"};
  table["cbrt"] = {Tok::kFunction, "cbrt"};
  table["RR"] = {Tok::kSetName, "R"};
  table["ZZ"] = {Tok::kSetName, "Z"};
  table["NN"] = {Tok::kSetName, "N"};
  table["QQ"] = {Tok::kSetName, "Q"};
  table["CC"] = {Tok::kSetName, "C"};
  table["factorial"] = {Tok::kFunction, "factorial"};
  for (const string_view name : {"arcsinh", "arccosh", "arctanh"})
    table[name] = {Tok::kFunction, name};
  table["binomial"] = {Tok::kFunction, "binomial"};
  table["asin"] = {Tok::kFunction, "arcsin"};
  table["acos"] = {Tok::kFunction, "arccos"};
  table["atan"] = {Tok::kFunction, "arctan"};
  table["inf"] = {Tok::kInfinity, ""};
  table["infinity"] = {Tok::kInfinity, ""};
  return table;
}

constexpr Character kCharacters[] = {
    {"\u00A0", {Tok::kEnd, " "}},         {"\u2009", {Tok::kEnd, " "}},
    {"\u202F", {Tok::kEnd, " "}},         {"\u2002", {Tok::kEnd, " "}},
    {"\u2003", {Tok::kEnd, " "}},         {"\u200B", {Tok::kEnd, ""}},
    {"\u2212", {Tok::kMinus, ""}},        {"\u2013", {Tok::kMinus, ""}},
    {"\u2010", {Tok::kMinus, ""}},        {"\u2011", {Tok::kMinus, ""}},
    {"\u00D7", {Tok::kTimes, ""}},        {"\u00B7", {Tok::kTimes, ""}},
    {"\u22C5", {Tok::kTimes, ""}},        {"\u2217", {Tok::kTimes, ""}},
    {"\u00F7", {Tok::kSlash, ""}},        {"\u2215", {Tok::kSlash, ""}},
    {"\u2044", {Tok::kSlash, ""}},        {"\u221A", {Tok::kCommand, "radical"}},
    {"\u221B", {Tok::kFunction, "cbrt"}}, {"\u03C0", {Tok::kName, "pi"}},
    {"\u221E", {Tok::kInfinity, ""}},     {"\u2264", {Tok::kLessEqual, ""}},
    {"\u2A7D", {Tok::kLessEqual, ""}},    {"\u2265", {Tok::kGreaterEqual, ""}},
    {"\u2A7E", {Tok::kGreaterEqual, ""}}, {"\u2260", {Tok::kNotEqual, ""}},
    {"\u2248", {Tok::kAlmost, ""}},       {"\u00B1", {Tok::kPlusMinus, ""}},
    {"\u2213", {Tok::kMinusPlus, ""}},    {"\u00B0", {Tok::kDegree, ""}},
    {"\u00BA", {Tok::kDegree, ""}},       {"\u2218", {Tok::kDegree, ""}},
    {"\u2032", {Tok::kPrime, ""}},        {"\u2019", {Tok::kPrime, ""}},
    {"\u222A", {Tok::kUnion, ""}},        {"\u2229", {Tok::kIntersection, ""}},
    {"\u2208", {Tok::kIn, ""}},           {"\u2216", {Tok::kSetMinus, ""}},
    {"\u2205", {Tok::kEmptySet, ""}},     {"\u211D", {Tok::kSetName, "R"}},
    {"\u2124", {Tok::kSetName, "Z"}},     {"\u2115", {Tok::kSetName, "N"}},
    {"\u211A", {Tok::kSetName, "Q"}},     {"\u2102", {Tok::kSetName, "C"}},
    {"\u27E8", {Tok::kOpen, "<"}},        {"\u27E9", {Tok::kClose, "<"}},
    {"\u2329", {Tok::kOpen, "<"}},        {"\u232A", {Tok::kClose, "<"}},
    {"\u230A", {Tok::kOpen, "F"}},        {"\u230B", {Tok::kClose, "F"}},
    {"\u2308", {Tok::kOpen, "C"}},        {"\u2309", {Tok::kClose, "C"}},
    {"\u20AC", {Tok::kCurrency, "EUR"}},  {"\u00A3", {Tok::kCurrency, "GBP"}},
    {"\u00A5", {Tok::kCurrency, "JPY"}},  {"\u20B9", {Tok::kCurrency, "INR"}},
    {"\u00BD", {Tok::kVulgar, "1/2"}},    {"\u00BC", {Tok::kVulgar, "1/4"}},
    {"\u00BE", {Tok::kVulgar, "3/4"}},    {"\u2153", {Tok::kVulgar, "1/3"}},
    {"\u2154", {Tok::kVulgar, "2/3"}},    {"\u2155", {Tok::kVulgar, "1/5"}},
    {"\u2156", {Tok::kVulgar, "2/5"}},    {"\u2157", {Tok::kVulgar, "3/5"}},
    {"\u2158", {Tok::kVulgar, "4/5"}},    {"\u2159", {Tok::kVulgar, "1/6"}},
    {"\u215A", {Tok::kVulgar, "5/6"}},    {"\u215B", {Tok::kVulgar, "1/8"}},
    {"\u215C", {Tok::kVulgar, "3/8"}},    {"\u215D", {Tok::kVulgar, "5/8"}},
    {"\u215E", {Tok::kVulgar, "7/8"}},    {"\u03B1", {Tok::kName, "alpha"}},
    {"\u03B2", {Tok::kName, "beta"}},     {"\u03B3", {Tok::kName, "gamma"}},
    {"\u03B4", {Tok::kName, "delta"}},    {"\u03B5", {Tok::kName, "epsilon"}},
    {"\u03B8", {Tok::kName, "theta"}},    {"\u03BB", {Tok::kName, "lambda"}},
    {"\u03BC", {Tok::kName, "mu"}},       {"\u00B5", {Tok::kName, "mu"}},
    {"\u03C1", {Tok::kName, "rho"}},      {"\u03C3", {Tok::kName, "sigma"}},
    {"\u03C4", {Tok::kName, "tau"}},      {"\u03C6", {Tok::kName, "phi"}},
    {"\u03D5", {Tok::kName, "phi"}},      {"\u03C8", {Tok::kName, "psi"}},
    {"\u03C9", {Tok::kName, "omega"}},    {"\u03A9", {Tok::kName, "Omega"}},
    {"\u0394", {Tok::kName, "Delta"}},    {"\u03A6", {Tok::kName, "Phi"}},
    {"\u2061", {Tok::kEnd, ""}},          {"\u2062", {Tok::kTimes, ""}},
    {"\u22C6", {Tok::kTimes, ""}},        {"\u2236", {Tok::kColon, ""}},
    {"\uFF0C", {Tok::kComma, ""}},
};

const Symbol* Find(const Table& table, string_view name) {
  const auto found = table.find(name);
  return found == table.end() ? nullptr : &found->second;
}

}  // namespace

const Symbol* FindCommand(string_view name) {
  static const auto& table = *new Table(CommandTable());
  return Find(table, name);
}

const Symbol* FindPlainName(string_view letters) {
  static const auto& table = *new Table(PlainTable());
  return Find(table, letters);
}

const Character* FindCharacter(string_view text) {
  for (const Character& character : kCharacters) {
    if (absl::StartsWith(text, character.bytes)) return &character;
  }
  return nullptr;
}

}  // namespace sextant::math
