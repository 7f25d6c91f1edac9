// SPDX-License-Identifier: Apache-2.0
#include "motet/data/align.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "motet/data/fingerprint.h"

namespace motet::data {
namespace {

using Line = std::vector<LineNote>;

constexpr int kBinsAnOctave = 8;    ///< of the stretch
constexpr int kMostBins = 128;      ///< eight octaves either way
constexpr size_t kMostPlaces = 32;  ///< of one shingle: more say nothing about where it belongs
constexpr double kLoosest = 0.17;   ///< of the median duration: how far from its moment a note is
constexpr double kJump = 2.0;       ///< median durations
constexpr double kDrift = 0.02;     ///< of the way: of a tempo that is not quite even
constexpr size_t kFewestInRun = 12;
constexpr size_t kFewestNotes = 16;
constexpr double kCopyShare = 0.7;
constexpr double kKinShare = 0.6;

/// A place that two lines share.
struct Hit {
  uint32_t a = 0;
  uint32_t b = 0;
  int transposition = 0;  // 0..11
  int bin = 0;            // of the stretch, 0..2 * kMostBins
  double stretch = 1.0;   // ticks of b a tick of a
};

/// What turns one line into the other.
struct Frame {
  int transposition = 0;
  int bin = kMostBins;   // and the next one: a border may lie between them
  double stretch = 1.0;  // the median of the places that agree
};

int transposition_of(const LineNote& a, const LineNote& b, bool drums) {
  return drums ? 0 : (b.pitch - a.pitch + 20 * kPitchClasses) % kPitchClasses;
}

int bin_of(double stretch) {
  const auto bin = static_cast<int>(std::lround(kBinsAnOctave * std::log2(stretch)));
  return kMostBins + std::clamp(bin, -kMostBins, kMostBins);
}

std::vector<Hit> shared_places(const Line& a, const Line& b, bool drums) {
  const size_t last = (drums ? kDrumShingleNotes : kShingleNotes) - 1;
  std::vector<Shingle> places = shingles_of(b, drums);
  const auto by_hash = [](const Shingle& x, const Shingle& y) { return x.hash < y.hash; };
  std::stable_sort(places.begin(), places.end(), by_hash);
  std::vector<Hit> hits;
  for (const Shingle& shingle : shingles_of(a, drums)) {
    const auto [begin, end] = std::equal_range(places.begin(), places.end(), shingle, by_hash);
    if (static_cast<size_t>(end - begin) > kMostPlaces) continue;
    for (auto place = end; place != begin;) {  // from the last: as the chain wants them
      --place;
      const int64_t span_a = a[shingle.at + last].onset - a[shingle.at].onset;
      const int64_t span_b = b[place->at + last].onset - b[place->at].onset;
      const double stretch = static_cast<double>(span_b) / static_cast<double>(span_a);
      hits.push_back({shingle.at, place->at, transposition_of(a[shingle.at], b[place->at], drums),
                      bin_of(stretch), stretch});
    }
  }
  return hits;
}

/// What most of the places agree on.
Frame frame_of(const std::vector<Hit>& hits) {
  std::array<std::array<uint32_t, 2 * kMostBins + 2>, kPitchClasses> votes{};
  for (const Hit& hit : hits) ++votes[hit.transposition][hit.bin];
  Frame best;
  uint32_t most = 0;
  for (int t = 0; t < kPitchClasses; ++t) {
    for (int bin = 0; bin <= 2 * kMostBins; ++bin) {
      const uint32_t count = votes[t][bin] + votes[t][bin + 1];
      if (count <= most) continue;
      most = count;
      best = {t, votes[t][bin] > 0 ? bin : bin + 1, 1.0};
    }
  }
  return best;
}

double median_stretch(const std::vector<Hit>& hits) {
  std::vector<double> all;
  for (const Hit& hit : hits) all.push_back(hit.stretch);
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  return *middle;
}

/// The longest chain of hits that goes forward in both lines.
std::vector<Hit> chain_of(const std::vector<Hit>& hits) {
  std::vector<size_t> ends;  // of the best chain of each length
  std::vector<int64_t> before(hits.size(), -1);
  for (size_t i = 0; i < hits.size(); ++i) {
    const auto place = std::lower_bound(ends.begin(), ends.end(), hits[i].b,
                                        [&](size_t end, uint32_t b) { return hits[end].b < b; });
    if (place != ends.begin()) before[i] = static_cast<int64_t>(*(place - 1));
    if (place == ends.end()) {
      ends.push_back(i);
    } else {
      *place = i;
    }
  }
  std::vector<Hit> chain;
  if (ends.empty()) return chain;
  for (auto at = static_cast<int64_t>(ends.back()); at >= 0; at = before[static_cast<size_t>(at)]) {
    chain.push_back(hits[static_cast<size_t>(at)]);
  }
  std::ranges::reverse(chain);
  return chain;
}

/// Counts the notes of `a` that have their counterpart in `b`.
///
/// A copy keeps its time: between two places that it shares with its original, every other note has
/// its moment. So the chain is cut where the moments jump, and in each run of it a note of `a`
/// counts if `b` has that pitch at that moment. Runs that are hardly longer than a shingle are
/// chance.
class Counter {
 public:
  Counter(const Line& a, const Line& b, bool drums, const Frame& frame)
      : a_(a), b_(b), drums_(drums), frame_(frame), marked_(a.size(), 0) {
    std::vector<int64_t> gaps;
    for (size_t i = 1; i < a.size(); ++i) gaps.push_back(a[i].onset - a[i - 1].onset);
    if (gaps.empty()) return;
    std::nth_element(gaps.begin(), gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2),
                     gaps.end());
    gap_ = static_cast<double>(gaps[gaps.size() / 2]) * frame.stretch;
  }

  size_t count(const std::vector<Hit>& chain) {
    for (size_t begin = 0; begin < chain.size();) {
      size_t end = begin + 1;
      while (end < chain.size() && !jumps(chain[end - 1], chain[end])) ++end;
      const size_t low = begin == 0 ? 0 : chain[begin - 1].a;
      const size_t high = end == chain.size() ? a_.size() : chain[end].a;
      mark({chain.data() + begin, end - begin}, low, high);
      begin = end;
    }
    return static_cast<size_t>(std::count(marked_.begin(), marked_.end(), uint8_t{1}));
  }

 private:
  double time_a(const Hit& hit) const { return static_cast<double>(a_[hit.a].onset); }
  double time_b(const Hit& hit) const { return static_cast<double>(b_[hit.b].onset); }

  bool jumps(const Hit& one, const Hit& two) const {
    const double way = frame_.stretch * (time_a(two) - time_a(one));
    return std::abs(time_b(two) - time_b(one) - way) > kJump * gap_ + kDrift * way;
  }

  /// The moment in `b` of a note of `a`: between its neighbours of the run, or beyond its ends.
  double moment(std::span<const Hit> run, size_t next, double time) const {
    const Hit& before = run[next == 0 ? 0 : next - 1];
    double stretch = frame_.stretch;
    if (next > 0 && next < run.size()) {
      stretch = (time_b(run[next]) - time_b(before)) / (time_a(run[next]) - time_a(before));
    }
    return time_b(before) + stretch * (time - time_a(before));
  }

  bool has_counterpart(const LineNote& note, double moment) const {
    const double room = kLoosest * gap_;
    const auto early = [&](const LineNote& other, double time) {
      return static_cast<double>(other.onset) < time;
    };
    auto other = std::lower_bound(b_.begin(), b_.end(), moment - room, early);
    for (; other != b_.end() && static_cast<double>(other->onset) <= moment + room; ++other) {
      if (transposition_of(note, *other, drums_) == frame_.transposition) return true;
    }
    return false;
  }

  void mark(std::span<const Hit> run, size_t low, size_t high) {
    std::vector<size_t> found;
    size_t next = 0;
    for (size_t i = low; i < high; ++i) {
      while (next < run.size() && run[next].a <= i) ++next;
      const auto time = static_cast<double>(a_[i].onset);
      if (has_counterpart(a_[i], moment(run, next, time))) found.push_back(i);
    }
    if (found.size() < kFewestInRun) return;
    for (const size_t i : found) marked_[i] = 1;
  }

  const Line& a_;
  const Line& b_;
  bool drums_;
  Frame frame_;
  double gap_ = 1.0;  // the median duration, in ticks of b
  std::vector<uint8_t> marked_;
};

struct LineMatch {
  size_t notes = 0;
  Frame frame;
};

/// `a` is the shorter line.
LineMatch match_lines(const Line& a, const Line& b, bool drums, std::optional<Frame> frame) {
  std::vector<Hit> hits = shared_places(a, b, drums);
  if (hits.empty()) return {};
  const bool is_given = frame.has_value();
  if (!is_given) frame = frame_of(hits);
  std::erase_if(hits, [&](const Hit& hit) {
    return hit.transposition != frame->transposition ||
           (hit.bin != frame->bin && hit.bin != frame->bin + 1);
  });
  if (!is_given) frame->stretch = median_stretch(hits);
  return {Counter(a, b, drums, *frame).count(chain_of(hits)), *frame};
}

/// A slow exercise is in every fast piece; nobody copies music so.
bool is_plausible(double stretch) {
  constexpr double kMost = 4.5;
  return stretch < kMost && stretch > 1.0 / kMost;
}

double share(size_t notes, const Line& line) {
  return line.empty() ? 0.0 : static_cast<double>(notes) / static_cast<double>(line.size());
}

}  // namespace

Match align(const Tune& first, const Tune& second) {
  Match match;
  if (first.is_drums != second.is_drums) return match;
  const bool in_order = first.upper.size() <= second.upper.size();
  const Tune& a = in_order ? first : second;
  const Tune& b = in_order ? second : first;
  const LineMatch upper = match_lines(a.upper, b.upper, a.is_drums, std::nullopt);
  match.notes = upper.notes;
  match.upper = share(upper.notes, a.upper);
  const bool one_line = a.lower.empty() && b.lower.empty();
  const LineMatch lower = one_line || upper.notes == 0
                              ? upper
                              : match_lines(a.bass(), b.bass(), a.is_drums, upper.frame);
  match.lower = share(lower.notes, a.upper);
  const double scale = static_cast<double>(a.ticks_per_quarter) / b.ticks_per_quarter;
  const double stretch = upper.frame.stretch * scale;
  const int t = upper.frame.transposition;
  match.transposition = in_order ? t : (kPitchClasses - t) % kPitchClasses;
  match.stretch = in_order ? stretch : 1.0 / stretch;
  return match;
}

bool is_copy(const Match& match) {
  return is_plausible(match.stretch) && match.notes >= kFewestNotes &&
         match.upper + match.lower >= 2 * kCopyShare;
}

bool is_kin(const Match& match) { return match.notes >= kFewestNotes && match.upper >= kKinShare; }

}  // namespace motet::data
