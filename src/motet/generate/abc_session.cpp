// SPDX-License-Identifier: Apache-2.0
#include "motet/generate/abc_session.h"

#include <algorithm>

#include "motet/base/error.h"
#include "motet/generate/draw.h"
#include "motet/generate/group_reader.h"
#include "motet/tokens/abc_patch.h"

namespace motet::generate {
namespace {

constexpr size_t kSize = static_cast<size_t>(models::kPatch);

/// The symbols of a text's patches, with the patch that begins a tune before them and none behind.
std::vector<uint8_t> patches_of_text(const std::string& text, bool begins) {
  std::vector<uint8_t> symbols = tokens::encode_abc(text, {}).symbols;
  symbols.resize(symbols.size() - kSize);  // the end
  if (!begins) symbols.erase(symbols.begin(), symbols.begin() + static_cast<std::ptrdiff_t>(kSize));
  return symbols;
}

/// The patches of a tune, and a network that has read them.
class PatchWriter {
 public:
  PatchWriter(const AbcPlan& plan, const models::Checkpoint& model, nn::Backend& on)
      : reader_(model, on),
        head_(patches_of_text(plan.metadata + plan.header, true)),
        body_(patches_of_text(plan.given, false)) {
    if (count(head_) + 4 > limit() / 2) {
      throw Error(ErrorCode::kInvalidArgument,
                  "period, composer, instrumentation and the header take " +
                      std::to_string(count(head_)) + " patches, and this model reads " +
                      std::to_string(limit()) + "; expected shorter ones");
    }
    lay_context();
  }

  /// Puts the network before the header and as many of the latest patches as half of it holds.
  void lay_context() {
    const int64_t all = count(body_);
    const int64_t kept =
        count(head_) + all + 1 < limit() ? all : std::min(all, limit() / 2 - count(head_));
    std::vector<int32_t> ids(head_.begin(), head_.end());
    ids.insert(ids.end(), body_.end() - static_cast<std::ptrdiff_t>(kept * kPatchOf), body_.end());
    reader_.restart(std::move(ids));
  }

  bool is_full() const { return reader_.length() + 1 >= limit(); }
  /// Whether the header has taken a quarter of the positions.
  bool is_header_long() const { return count(head_) >= limit() / 4; }
  size_t filled() const { return patch_.size(); }

  std::vector<float> logits() { return reader_.logits(); }
  void push(int32_t symbol) {
    patch_.push_back(static_cast<uint8_t>(symbol));
    reader_.push(symbol);
  }
  void end_patch(bool in_header) {
    patch_.resize(kSize, tokens::kAbcPad);
    std::vector<uint8_t>& to = in_header ? head_ : body_;
    to.insert(to.end(), patch_.begin(), patch_.end());
    patch_.clear();
    reader_.end_group();
  }

 private:
  static constexpr int64_t kPatchOf = models::kPatch;

  int64_t limit() const { return reader_.limit(); }
  static int64_t count(const std::vector<uint8_t>& symbols) {
    return static_cast<int64_t>(symbols.size()) / kPatchOf;
  }

  GroupReader reader_;
  std::vector<uint8_t> head_;
  std::vector<uint8_t> body_;
  std::vector<uint8_t> patch_;  // that is being written
};

/// Writes one patch.
void write_patch(AbcGrammar& grammar, PatchWriter& writer, Drawer& drawer) {
  const bool in_header = grammar.in_header();
  std::vector<int32_t> candidates;
  bool ends_early = false;
  while (writer.filled() < kSize && !ends_early && !grammar.ended()) {
    candidates.clear();
    if (!grammar.must_end_patch()) grammar.allow(candidates);
    const bool may_end = grammar.must_end_patch() || grammar.may_end_patch();
    if (writer.filled() > 0 && may_end) candidates.insert(candidates.begin(), tokens::kAbcEnd);
    int32_t id = candidates.front();
    if (candidates.size() > 1) id = drawer.among(writer.logits(), candidates);
    writer.push(id);
    ends_early = id == tokens::kAbcEnd;
    if (!ends_early) grammar.accept(static_cast<char>(id));
  }
  writer.end_patch(in_header);
  if (ends_early) {
    grammar.end_patch_early();
  } else {
    grammar.end_patch();
  }
}

}  // namespace

AbcResult write_abc_patches(const AbcPlan& plan, const models::Checkpoint& model, nn::Backend& on,
                            const SamplingConfig& sampling, uint64_t seed,
                            const Progress& progress) {
  Drawer drawer(sampling, seed);
  PatchWriter writer(plan, model, on);
  AbcGrammar grammar(plan);
  AbcResult result;
  while (!grammar.ended()) {
    if (progress.stop_requested()) result.stopped = true;
    if (result.stopped || drawer.count() >= plan.most_tokens) grammar.close();
    if (writer.is_header_long()) grammar.keep_header_short();
    if (writer.is_full()) writer.lay_context();
    write_patch(grammar, writer, drawer);
    progress.report({"composing", drawer.count(), plan.most_tokens, "characters"});
  }
  result.header = grammar.header();
  result.lines = grammar.lines();
  result.tokens = drawer.count();
  return result;
}

}  // namespace motet::generate
