#include "server/answer/trace_parts.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "server/answer/statement_search.h"

namespace sextant {
namespace {

using absl::string_view;

constexpr string_view kFinalChannel = "<|channel|>final";
constexpr string_view kAnyChannel = "<|channel|>";
constexpr string_view kMessage = "<|message|>";
// What ends a message; a bare "<|" also stands in formulas such as |A|<|B|.
constexpr std::array<string_view, 4> kMessageEnds = {"<|end|>", "<|return|>", "<|start|>",
                                                     "<|channel|>"};

struct ThinkingTags {
  string_view open;
  string_view close;
  char rare;  // A character of both that prose and formulas seldom hold; the search looks for it.
};
constexpr std::array<ThinkingTags, 4> kThinkingTags = {{{"<think>", "</think>", '<'},
                                                        {"<thinking>", "</thinking>", '<'},
                                                        {"<seed:think>", "</seed:think>", '<'},
                                                        {"[THINK]", "[/THINK]", 'K'}}};

bool IsBlank(string_view text) { return absl::StripLeadingAsciiWhitespace(text).empty(); }

// The last message of the final channel, without the control tokens around it.
string_view FinalMessage(string_view content, size_t channel) {
  string_view message = content.substr(channel + kFinalChannel.size());
  const size_t begin = message.find(kMessage);
  if (begin == string_view::npos) return "";
  message = message.substr(begin + kMessage.size());
  size_t end = message.size();
  for (const string_view token : kMessageEnds) {
    const size_t at = message.find(token.data(), 0, token.size());
    end = std::min(end, at);
  }
  return message.substr(0, end);
}

TraceParts SplitContent(string_view content) {
  const size_t channel = FindLast(content, kFinalChannel, '<');
  if (channel != string_view::npos) {
    return {content.substr(0, channel), FinalMessage(content, channel)};
  }
  if (FindLast(content, kAnyChannel, '<') != string_view::npos) return {content, ""};
  for (const ThinkingTags& tags : kThinkingTags) {
    const size_t close = FindLast(content, tags.close, tags.rare);
    const size_t after = close == string_view::npos ? 0 : close + tags.close.size();
    const size_t open = FindLast(content.substr(after), tags.open, tags.rare);
    if (close == string_view::npos && open == string_view::npos) continue;
    if (close == string_view::npos) return {content, ""};
    // Thinking that begins again after a final part takes nothing from what was said before it.
    return {content.substr(0, close), content.substr(after, open)};
  }
  return {"", content};
}

}  // namespace

TraceParts SplitTrace(string_view reasoning, string_view content) {
  TraceParts parts = SplitContent(content);
  if (IsBlank(parts.final)) parts.final = "";
  // Thinking inside the content comes after the reasoning deltas, so it is the later statement.
  if (IsBlank(parts.thinking)) parts.thinking = reasoning;
  return parts;
}

MarkerAt ReadMarker(string_view text) {
  constexpr std::array<std::pair<string_view, Marker>, 14> kMarkers = {
      {{"<think>", Marker::kThinkingOpens},
       {"<thinking>", Marker::kThinkingOpens},
       {"<seed:think>", Marker::kThinkingOpens},
       {"[THINK]", Marker::kThinkingOpens},
       {"</think>", Marker::kThinkingCloses},
       {"</thinking>", Marker::kThinkingCloses},
       {"</seed:think>", Marker::kThinkingCloses},
       {"[/THINK]", Marker::kThinkingCloses},
       {kFinalChannel, Marker::kFinalChannel},  // Before the channel that it begins with.
       {kAnyChannel, Marker::kOtherChannel},
       {kMessage, Marker::kMessage},
       {"<|end|>", Marker::kMessageEnds},
       {"<|return|>", Marker::kMessageEnds},
       {"<|start|>", Marker::kMessageEnds}}};
  for (const auto& [written, marker] : kMarkers) {
    if (absl::StartsWith(text, written)) return {marker, written.size()};
    if (absl::StartsWith(written, text)) return {Marker::kIncomplete, 0};
  }
  return {};
}

}  // namespace sextant
