// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <optional>

#include "motet/base/error.h"
#include "motet/score/repeats.h"

namespace motet {
namespace {

constexpr size_t kMostPassages = 10'000;
constexpr int kHighestEnding = 62;

/// The bits of "1", "1, 3", "1-3", "1.2."; bit n is ending n. Without a number: the first.
uint64_t numbers_of(const std::string& text) {
  uint64_t numbers = 0;
  int from = 0;
  bool is_range = false;
  for (size_t i = 0; i < text.size();) {
    if (std::isdigit(static_cast<unsigned char>(text[i])) == 0) {
      is_range = text[i] == '-' || (is_range && text[i] == ' ');
      ++i;
      continue;
    }
    int number = 0;
    for (; i < text.size() && std::isdigit(static_cast<unsigned char>(text[i])) != 0; ++i) {
      number = std::min(10 * number + (text[i] - '0'), kHighestEnding);
    }
    for (int each = is_range ? from : number; each <= number; ++each) {
      numbers |= uint64_t{1} << each;
    }
    from = number;
    is_range = false;
  }
  numbers &= ~uint64_t{1};
  return numbers == 0 ? uint64_t{2} : numbers;
}

int highest(uint64_t numbers) {
  int last = 0;
  for (; numbers > 1; numbers >>= 1) ++last;
  return last;
}

/// What the bar lines at one place say.
struct Station {
  Ticks at;
  int repeat_end = 0;  ///< how often the passage before is heard; 0 without a repeat
  bool repeat_begin = false;
  bool ending_end = false;
  uint64_t ending = 0;  ///< numbers of the ending that begins here; 0 for none
  bool segno = false;
  bool coda = false;
  bool to_coda = false;
  bool fine = false;
  bool da_capo = false;
  bool dal_segno = false;
};

void mark(Station& station, const Barline& bar) {
  switch (bar.kind) {
    case BarlineKind::kRepeatBegin:
      station.repeat_begin = true;
      return;
    case BarlineKind::kRepeatEnd:
      station.repeat_end = std::max({2, station.repeat_end, static_cast<int>(bar.times)});
      return;
    case BarlineKind::kEndingBegin:
      station.ending = numbers_of(bar.text);
      return;
    case BarlineKind::kEndingEnd:
    case BarlineKind::kEndingOpen:
      station.ending_end = true;
      return;
    case BarlineKind::kSegno:
      station.segno = true;
      return;
    case BarlineKind::kCoda:
      station.coda = true;
      return;
    case BarlineKind::kToCoda:
      station.to_coda = true;
      return;
    case BarlineKind::kFine:
      station.fine = true;
      return;
    case BarlineKind::kDaCapo:
      station.da_capo = true;
      return;
    case BarlineKind::kDalSegno:
      station.dal_segno = true;
      return;
    default:
      return;  // a stroke that sends nobody anywhere
  }
}

std::vector<Station> stations_of(const Score& score) {
  std::vector<Station> stations;
  std::vector<Barline> bars = score.barlines;
  std::stable_sort(bars.begin(), bars.end(),
                   [](const Barline& a, const Barline& b) { return a.at < b.at; });
  for (const Barline& bar : bars) {
    if (stations.empty() || stations.back().at != bar.at) {
      Station& fresh = stations.emplace_back();
      fresh.at = bar.at;
    }
    mark(stations.back(), bar);
  }
  return stations;
}

class Walker {
 public:
  explicit Walker(const Score& score) : stations_(stations_of(score)), end_(end_of_page(score)) {
    ahead_.resize(stations_.size() + 1, 0);
    for (size_t i = stations_.size(); i-- > 0;) {
      const Station& station = stations_[i];
      ahead_[i] = std::max(station.repeat_begin ? 0 : ahead_[i + 1], highest(station.ending));
    }
  }

  std::vector<Passage> walk() {
    size_t next = enter(0);
    while (!is_over_ && next < stations_.size()) next = pass(next);
    if (!is_over_) leave(end_);
    return std::move(road_);
  }

 private:
  /// Begins at the start of the piece or at what stands at station `i`; the next station to meet.
  size_t enter(size_t i) {
    if (i < stations_.size() && stations_[i].at == now_) {
      if (stations_[i].repeat_begin) begin_section(now_);
      if (stations_[i].ending != 0) return choose_ending(i);
      return i + 1;
    }
    return i;
  }

  void leave(Ticks at) {
    if (at <= now_) return;
    if (!road_.empty() && road_.back().end == now_ && road_.back().pass == pass_) {
      road_.back().end = at;
      now_ = at;
      return;
    }
    if (road_.size() == kMostPassages) {
      throw Error(ErrorCode::kInvalidFile,
                  "score: expected at most 10000 passages between repeats, found more");
    }
    road_.push_back({now_, at, pass_});
    now_ = at;
  }

  void begin_section(Ticks at) {
    start_ = at;
    pass_ = 1;
    in_last_ending_ = false;
  }

  /// Comes to station `i` from before it; the next station to meet.
  size_t pass(size_t i) {
    const Station& station = stations_[i];
    const bool goes_nowhere = station.repeat_end == 0 && !station.repeat_begin &&
                              station.ending == 0 && !station.ending_end && !station.to_coda &&
                              !station.fine && !station.da_capo && !station.dal_segno;
    if (goes_nowhere) return i + 1;
    leave(station.at);
    if (station.repeat_end != 0 && !has_jumped_) {
      if (pass_ < std::max(station.repeat_end, passes_asked(i))) {
        ++pass_;
        return jump(start_);
      }
      begin_section(station.at);
    }
    if (station.ending_end && in_last_ending_) begin_section(station.at);
    if (has_jumped_ && station.fine) {
      is_over_ = true;
      return i;
    }
    if (has_jumped_ && station.to_coda && !at_coda_) {
      if (const auto coda = find(i, &Station::coda)) return jump_to_coda(*coda);
    }
    if (!has_jumped_ && (station.da_capo || station.dal_segno)) return jump_back(i);
    if (station.repeat_begin) begin_section(station.at);
    return station.ending != 0 ? choose_ending(i) : i + 1;
  }

  /// How many passes the endings want of the section that ends at station `i`: those before it
  /// and those that follow.
  int passes_asked(size_t i) const {
    int most = ahead_[i];
    for (size_t k = i; k-- > 0 && stations_[k].at >= start_;) {
      most = std::max(most, highest(stations_[k].ending));
    }
    return most;
  }

  size_t jump(Ticks to) {
    now_ = to;
    const auto found = std::ranges::lower_bound(stations_, to, {}, &Station::at);
    const auto i = static_cast<size_t>(found - stations_.begin());
    if (i == stations_.size() || stations_[i].at != to) return i;
    return stations_[i].ending != 0 ? choose_ending(i) : i + 1;
  }

  size_t jump_to_coda(size_t coda) {
    at_coda_ = true;
    return jump(stations_[coda].at);
  }

  size_t jump_back(size_t i) {
    has_jumped_ = true;
    begin_section({});
    if (!stations_[i].dal_segno) return jump({});
    for (size_t k = 0; k <= i; ++k) {
      if (stations_[k].segno) return jump(stations_[k].at);
    }
    return jump({});
  }

  std::optional<size_t> find(size_t after, bool Station::*what) const {
    for (size_t k = after + 1; k < stations_.size(); ++k) {
      if (stations_[k].*what) return k;
    }
    return std::nullopt;
  }

  /// Goes to the ending of this pass, of those that begin at station `i` and after it in the same
  /// section; into the one at `i` when there is none.
  size_t choose_ending(size_t i) {
    size_t chosen = i;
    uint64_t seen = 0;
    for (size_t k = i; k < stations_.size(); ++k) {
      const uint64_t numbers = stations_[k].ending;
      if (k > i && stations_[k].repeat_begin) break;
      if (numbers == 0) continue;
      if ((numbers & seen) != 0) break;  // the endings of the next section
      seen |= numbers;
      const bool is_last_so_far = highest(numbers) == highest(seen);
      const bool is_mine = (numbers >> pass_ & 1U) != 0;
      if (has_jumped_ ? is_last_so_far : is_mine) chosen = k;
      if (is_mine && !has_jumped_) break;
    }
    now_ = stations_[chosen].at;
    in_last_ending_ = has_jumped_ || pass_ >= std::max(ahead_[chosen], 1);
    return chosen + 1;
  }

  std::vector<Station> stations_;
  std::vector<int> ahead_;  ///< the highest ending from here to the next beginning of a repeat
  Ticks end_;
  std::vector<Passage> road_;
  Ticks now_;
  Ticks start_;
  int pass_ = 1;
  bool in_last_ending_ = false;
  bool has_jumped_ = false;
  bool at_coda_ = false;
  bool is_over_ = false;
};

}  // namespace

Ticks end_of_page(const Score& score) {
  Ticks end = end_of(score);
  for (const Part& part : score.parts) {
    for (const Written& head : part.written) end = std::max(end, head.at + head.duration);
  }
  for (const Barline& bar : score.barlines) end = std::max(end, bar.at);
  return end;
}

std::vector<Passage> road_of(const Score& score) { return Walker(score).walk(); }

}  // namespace motet
