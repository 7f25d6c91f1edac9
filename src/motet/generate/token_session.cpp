// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/token_session.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

#include "motet/base/error.h"
#include "motet/generate/draw.h"

namespace motet::generate {
namespace {

using tokens::EventToken;
using tokens::EventType;
using tokens::EventVocabulary;

constexpr int kDrumProgram = -1;
constexpr size_t kMostPrograms = 15;  // MIDI's channels without that of drums
constexpr int kMostMoves = 64;        // tokens of time before the first note, lest none ever comes
constexpr int64_t kIdsOfWholeNote = 5;  // with its position
constexpr int64_t kLeastTokenRoom = 16;

/// Says which token may come next.
class TokenGrammar {
 public:
  TokenGrammar(const EventVocabulary& vocabulary, bool is_remi)
      : vocabulary_(vocabulary), is_remi_(is_remi) {
    for (int32_t id = 0; id < static_cast<int32_t>(vocabulary.size()); ++id) {
      has_[static_cast<size_t>(vocabulary.token(id).type)] = true;
    }
  }

  /// A token that is given, of any kind: only time and programs matter.
  void pass(int32_t id) {
    const EventToken token = vocabulary_.token(id);
    follow_time(token);
    if (token.type == EventType::kProgram && token.value != kDrumProgram) {
      programs_.insert(token.value);
    }
    has_moved_ = false;  // what is written comes later
  }

  void allow(std::vector<int32_t>& ids) const {
    ids.clear();
    for (int32_t id = 0; id < static_cast<int32_t>(vocabulary_.size()); ++id) {
      if (may_come(id)) ids.push_back(id);
    }
  }

  void accept(int32_t id) {
    const EventToken token = vocabulary_.token(id);
    follow_time(token);
    switch (token.type) {
      case EventType::kOther:
        ended_ = true;
        return;
      case EventType::kProgram:
        if (token.value != kDrumProgram) programs_.insert(token.value);
        is_drum_ = token.value == kDrumProgram;
        expect_ = Expect::kPitch;
        return;
      case EventType::kPitch:
      case EventType::kPitchDrum:
        expect_ = has(EventType::kVelocity) ? Expect::kVelocity : Expect::kDuration;
        break;
      case EventType::kVelocity:
        expect_ = Expect::kDuration;
        break;
      case EventType::kDuration:
        expect_ = Expect::kAnything;
        has_note_ = true;
        return;
      default:
        ++moves_;
        return;
    }
    if (expect_ == Expect::kDuration && !has(EventType::kDuration)) {
      expect_ = Expect::kAnything;
      has_note_ = true;
    }
  }

  bool is_between_notes() const { return expect_ == Expect::kAnything; }
  bool may_end() const { return has_note_; }
  bool ended() const { return ended_; }

 private:
  enum class Expect : uint8_t { kAnything, kPitch, kVelocity, kDuration };

  bool has(EventType type) const { return has_[static_cast<size_t>(type)]; }

  void follow_time(const EventToken& token) {
    if (token.type == EventType::kBar) {
      position_ = -1;
      ++bars_;
    } else if (token.type == EventType::kPosition) {
      position_ = token.value;
      has_moved_ = true;
    } else if (token.type == EventType::kTimeShift || token.type == EventType::kRest) {
      has_moved_ = true;
    }
  }

  bool may_move() const { return has_note_ || moves_ < kMostMoves; }
  bool is_in_time() const { return is_remi_ ? position_ >= 0 && has_moved_ : has_moved_; }

  bool may_come(int32_t id) const {
    const EventToken token = vocabulary_.token(id);
    switch (expect_) {
      case Expect::kVelocity:
        return token.type == EventType::kVelocity;
      case Expect::kDuration:
        return token.type == EventType::kDuration;
      case Expect::kPitch:
        if (is_drum_ && has(EventType::kPitchDrum)) return token.type == EventType::kPitchDrum;
        return token.type == EventType::kPitch;
      case Expect::kAnything:
        break;
    }
    switch (token.type) {
      case EventType::kOther:
        return has_note_ && vocabulary_.name(id) == "EOS_None";
      case EventType::kBar:
        return is_remi_ && (may_move() || position_ >= 0) && is_next_bar(token.value);
      case EventType::kPosition:
        return is_remi_ && bars_ > 0 && token.value > position_ && (may_move() || !is_in_time());
      case EventType::kTimeShift:
      case EventType::kRest:
        return !is_remi_ && token.value >= 0 && (may_move() || !is_in_time());
      case EventType::kProgram:
        return is_in_time() && (token.value == kDrumProgram || programs_.contains(token.value) ||
                                programs_.size() < kMostPrograms);
      case EventType::kPitch:
        return is_in_time() && !has(EventType::kProgram);
      default:
        return false;
    }
  }

  /// Bars have a number each, or none has.
  bool is_next_bar(int value) const { return value == tokens::kNone || value == bars_; }

  const EventVocabulary& vocabulary_;
  bool is_remi_;
  std::array<bool, static_cast<size_t>(EventType::kCount)> has_{};
  std::set<int> programs_;
  Expect expect_ = Expect::kAnything;
  int bars_ = 0;
  int position_ = -1;
  bool has_moved_ = true;
  bool is_drum_ = false;
  bool has_note_ = false;
  bool ended_ = false;
  int moves_ = 0;
};

/// The ids of a sequence, and a network that reads them.
class TokenHistory {
 public:
  TokenHistory(const TokenPlan& plan, IdReader& reader) : reader_(reader), ids_(plan.given) {
    const int32_t begin = plan.tokenizer->vocabulary().find("BOS_None");
    if (begin >= 0) lead_ = {begin};
    if (reader.limit() < kLeastTokenRoom) {
      throw Error(ErrorCode::kInvalidArgument, "this model has " + std::to_string(reader.limit()) +
                                                   " positions; expected 16 at least");
    }
    lay_context();
  }

  /// The latest ids, in half of the positions.
  void lay_context() {
    const size_t kept = std::min(ids_.size(), static_cast<size_t>(reader_.limit() / 2));
    unread_ = lead_;
    unread_.insert(unread_.end(), ids_.end() - static_cast<std::ptrdiff_t>(kept), ids_.end());
    reader_.restart();
  }

  bool has_room() const {
    const int64_t read = reader_.length() + static_cast<int64_t>(unread_.size());
    return read + kIdsOfWholeNote <= reader_.limit();
  }

  std::vector<float> logits() {
    if (unread_.empty()) unread_ = {ids_.back()};
    std::vector<float> logits = reader_.read(unread_);
    unread_.clear();
    return logits;
  }

  void push(int32_t id) {
    ids_.push_back(id);
    unread_.push_back(id);
  }

 private:
  IdReader& reader_;
  std::vector<int32_t> lead_;
  std::vector<int32_t> ids_;
  std::vector<int32_t> unread_;
};

}  // namespace

bool can_write(const tokens::EventTokenizer& tokenizer) {
  const bool is_known = tokenizer.tokenization() == tokens::Tokenization::kRemi ||
                        tokenizer.tokenization() == tokens::Tokenization::kTsd;
  return is_known && !tokenizer.is_trained() && tokenizer.width() == 1;
}

TokenResult write_tokens(const TokenPlan& plan, IdReader& reader, const SamplingConfig& sampling,
                         uint64_t seed, const Progress& progress) {
  Drawer drawer(sampling, seed);
  TokenGrammar grammar(plan.tokenizer->vocabulary(),
                       plan.tokenizer->tokenization() == tokens::Tokenization::kRemi);
  for (const int32_t id : plan.given) grammar.pass(id);
  TokenHistory history(plan, reader);
  TokenResult result;
  std::vector<int32_t> candidates;
  while (true) {
    if (grammar.is_between_notes()) {
      result.stopped = progress.stop_requested();  // once there is a note
      const bool is_enough = drawer.count() + kIdsOfWholeNote > plan.most_tokens;
      if ((result.stopped || is_enough) && grammar.may_end()) break;
      if (!history.has_room()) history.lay_context();
      progress.report({"composing", drawer.count(), plan.most_tokens, "tokens"});
    }
    grammar.allow(candidates);
    if (candidates.empty()) break;
    int32_t id = candidates.front();
    if (candidates.size() > 1) id = drawer.among(history.logits(), candidates);
    grammar.accept(id);
    if (grammar.ended()) break;
    history.push(id);
    result.ids.push_back(id);
  }
  result.tokens = drawer.count();
  return result;
}

}  // namespace motet::generate
