#include "server/answer/unicode.h"

#include <algorithm>
#include <array>

namespace sextant {
namespace {

using absl::string_view;

constexpr uint32_t kFullWidthFirst = 0xFF01;  // Full-width forms of ! to ~.
constexpr uint32_t kFullWidthLast = 0xFF5E;
constexpr string_view kAscii =
    "!\"#$%&'()*+,-./"
    "0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";

// The letters of `bases` with the mark are the letters of `composed`, in the same order.
struct MarkedLetters {
  uint32_t mark;
  string_view bases;
  string_view composed;
};
constexpr std::array<MarkedLetters, 16> kMarked = {{
    {0x300, "aeiouünēōwâăêôơưy", "àèìòùǜǹḕṑẁầằềồờừỳ"},
    {0x301, "aeiouyclnrszügåæøçēïkmõōpũwâăêôơư", "áéíóúýćĺńŕśźǘǵǻǽǿḉḗḯḱḿṍṓṕṹẃấắếốớứ"},
    {0x302, "aeioucghjswyzạẹọ", "âêîôûĉĝĥĵŝŵŷẑậệộ"},
    {0x303, "anoiuvâăeêôơưy", "ãñõĩũṽẫẵẽễỗỡữỹ"},
    {0x304, "aeiouüäȧæǫöõȯygḷṛ", "āēīōūǖǟǡǣǭȫȭȱȳḡḹṝ"},
    {0x306, "aegiouȩạ", "ăĕğĭŏŭḝặ"},
    {0x307, "cegzaobdfhmnprsśšṣtwxyſ", "ċėġżȧȯḃḋḟḣṁṅṗṙṡṥṧṩṫẇẋẏẛ"},
    {0x308, "aeiouyhõūwxt", "äëïöüÿḧṏṻẅẍẗ"},
    {0x309, "aâăeêioôơuưy", "ảẩẳẻểỉỏổởủửỷ"},
    {0x30A, "auwy", "åůẘẙ"},
    {0x30B, "ou", "őű"},
    {0x30C, "cdelnrstzaiouügkʒjh", "čďěľňřšťžǎǐǒǔǚǧǩǯǰȟ"},
    {0x31B, "ou", "ơư"},
    {0x323, "bdhklmnrstvwzaeioơuưy", "ḅḍḥḳḷṃṇṛṣṭṿẉẓạẹịọợụựỵ"},
    {0x327, "cgklnrstedh", "çģķļņŗşţȩḑḩ"},
    {0x328, "aeiuo", "ąęįųǫ"},
}};

// How many bytes a character has by its first byte; 0 for a byte that starts none.
size_t LengthOf(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

bool Continues(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Utf8Char CharAt(string_view text, size_t at) {
  const unsigned char first = static_cast<unsigned char>(text[at]);
  const size_t length = LengthOf(first);
  if (length < 2 || at + length > text.size()) return {first, 1};
  uint32_t code = first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if (!Continues(text[at + i])) return {first, 1};
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3F);
  }
  return {code, length};
}

void AppendChar(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
    return;
  }
  const size_t more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr std::array<uint8_t, 4> kLead = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | (code >> (6 * more)));
  for (size_t i = more; i-- > 0;) out += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3F));
}

string_view AsciiForm(uint32_t code) {
  switch (code) {
    case 0x3000:
      return " ";
    case 0x3001:
    case 0xFF0C:
      return ", ";
    case 0x3002:
    case 0xFF61:
      return ". ";
    case 0x3010:  // Lenticular brackets, which Chinese texts put around headings.
      return "[";
    case 0x3011:
      return "]";
    case 0xFF01:
      return "! ";
    case 0xFF1B:
      return "; ";
    case 0xFF1F:
      return "? ";
    default:
      break;
  }
  if (code < kFullWidthFirst || code > kFullWidthLast) return "";
  return kAscii.substr(code - kFullWidthFirst, 1);
}

std::string Narrow(string_view text) {
  std::string narrow;
  narrow.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    size_t ascii = at;
    while (ascii < text.size() && static_cast<unsigned char>(text[ascii]) < 0x80) ++ascii;
    narrow.append(text.data() + at, ascii - at);
    at = ascii;
    if (at == text.size()) break;
    const Utf8Char c = CharAt(text, at);
    const string_view form = c.bytes > 1 ? AsciiForm(c.code) : "";
    const string_view kept = form.empty() ? text.substr(at, c.bytes) : form;
    narrow.append(kept.data(), kept.size());
    at += c.bytes;
  }
  return narrow;
}

uint32_t LowerCase(uint32_t code) {
  const auto in = [code](uint32_t first, uint32_t last) { return code >= first && code <= last; };
  if (in('A', 'Z')) return code + 0x20;
  if (in(0xC0, 0xDE) && code != 0xD7) return code + 0x20;
  if (in(0x100, 0x137) || in(0x14A, 0x177) || in(0x1E00, 0x1EFF)) {
    return in(0x1E96, 0x1E9F) || code == 0x130 || code == 0x131 ? code : code | 1;
  }
  if (in(0x139, 0x148) || in(0x179, 0x17E)) return code + (code & 1);
  if (code == 0x178) return 0xFF;
  if (in(0x391, 0x3A9)) return code + 0x20;
  if (code == 0x3C2) return 0x3C3;  // The sigma that ends a word.
  if (in(0x410, 0x42F)) return code + 0x20;
  if (in(0x400, 0x40F)) return code + 0x50;
  return code;
}

uint32_t Compose(uint32_t base, uint32_t mark) {
  if (mark < kMarked.front().mark || mark > kMarked.back().mark) return 0;
  for (const MarkedLetters& marked : kMarked) {
    if (marked.mark != mark) continue;
    size_t composed = 0;
    for (size_t at = 0; at < marked.bases.size();) {
      const Utf8Char letter = CharAt(marked.bases, at);
      const Utf8Char result = CharAt(marked.composed, composed);
      if (letter.code == base) return result.code;
      at += letter.bytes;
      composed += result.bytes;
    }
  }
  return 0;
}

string_view CutAtChar(string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && Continues(text[limit])) --limit;
  return text.substr(0, limit);
}

}  // namespace sextant
