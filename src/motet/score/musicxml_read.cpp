// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "motet/base/error.h"
#include "motet/score/musicxml.h"
#include "motet/score/musicxml_read_part.h"
#include "motet/score/musicxml_tree.h"
#include "motet/score/musicxml_zip.h"

namespace motet {
namespace {

using namespace musicxml;

constexpr size_t kMostParts = 1000;

void append(std::string& text, const std::string& more, std::string_view between) {
  if (more.empty()) return;
  if (!text.empty()) text += between;
  text += more;
}

void read_heading(pugi::xml_node root, Score& score, Remarks& remarks) {
  const std::string work = text_of(root.child("work").child("work-title"));
  const std::string movement = text_of(root.child("movement-title"));
  score.title = work;
  if (movement != work) append(score.title, movement, ": ");
  if (root.child("work").child("work-number"))
    remarks.add("the number of the work was left out", "");
  if (root.child("movement-number")) remarks.add("the number of the movement was left out", "");
  const pugi::xml_node identification = root.child("identification");
  for (const pugi::xml_node creator : identification.children("creator")) {
    const std::string type = creator.attribute("type").value();
    if (type == "composer" || type.empty()) {
      append(score.composer, text_of(creator), ", ");
    } else if (type == "lyricist" || type == "poet") {
      append(score.lyricist, text_of(creator), ", ");
    } else {
      remarks.add("the name of the " + type.substr(0, 20) + " was left out", "");
    }
  }
  for (const pugi::xml_node rights : identification.children("rights")) {
    append(score.rights, text_of(rights), "; ");
  }
}

/// The parts with their measures, in the order of the part list; what the list lacks comes last.
class PartList {
 public:
  PartList(const Tree& tree, Remarks& remarks) : remarks_(remarks) {
    const pugi::xml_node root = tree.root();
    for (const pugi::xml_node node : root.child("part-list").children()) {
      const std::string_view name = node.name();
      if (name == "score-part") {
        find(node.attribute("id").value()).listed = node;
      } else if (name == "part-group") {
        const bool is_start = std::string_view(node.attribute("type").value()) == "start";
        if (is_start) remarks_.add("a bracket that joins parts was left out", "the part list");
      }
    }
    if (tree.is_timewise()) {
      read_timewise(root);
    } else {
      read_partwise(root);
    }
    if (parts_.empty())
      throw Error(ErrorCode::kInvalidFile, "MusicXML: expected a part, found none");
  }

  const std::vector<PartNodes>& parts() const { return parts_; }

 private:
  PartNodes& find(const std::string& id) {
    const auto [place, is_new] = index_.try_emplace(id, parts_.size());
    if (is_new) {
      if (parts_.size() >= kMostParts) {
        throw Error(ErrorCode::kInvalidFile, "MusicXML: expected at most " +
                                                 std::to_string(kMostParts) + " parts, found more");
      }
      parts_.push_back({id, {}, {}});
    }
    return parts_[place->second];
  }

  PartNodes& find_listed(pugi::xml_node part) {
    PartNodes& nodes = find(part.attribute("id").value());
    if (!nodes.listed) {
      remarks_.add("a part that is not in the part list was kept",
                   "part \"" + nodes.id.substr(0, 20) + "\"");
    }
    return nodes;
  }

  void read_partwise(pugi::xml_node root) {
    for (const pugi::xml_node part : root.children("part")) {
      PartNodes& nodes = find_listed(part);
      if (!nodes.measures.empty()) {
        remarks_.add("a second part of the same id was joined to the first", "part " + nodes.id);
      }
      for (const pugi::xml_node measure : part.children("measure")) {
        nodes.measures.push_back(measure);
      }
    }
  }

  void read_timewise(pugi::xml_node root) {
    size_t index = 0;
    for (const pugi::xml_node measure : root.children("measure")) {
      for (const pugi::xml_node part : measure.children("part")) {
        PartNodes& nodes = find_listed(part);
        nodes.measures.resize(std::max(nodes.measures.size(), index));
        nodes.measures.push_back(part);
      }
      ++index;
    }
  }

  Remarks& remarks_;
  std::vector<PartNodes> parts_;
  std::map<std::string, size_t> index_;
};

/// What several parts say at one time is kept once.
template <typename Event>
void keep_once(std::vector<Event>& events) {
  std::set<Event> seen;
  std::erase_if(events, [&](const Event& event) { return !seen.insert(event).second; });
}

/// Of several tempos at one time the last of the first part that has any is kept.
void keep_one_tempo(std::vector<TempoChange>& tempos, size_t of_earlier_parts) {
  std::map<Ticks, double> by_time;
  for (size_t i = 0; i < tempos.size(); ++i) {
    if (i >= of_earlier_parts) {
      by_time[tempos[i].at] = tempos[i].quarters_per_minute;
    }
  }
  std::vector<TempoChange> kept(tempos.begin(),
                                tempos.begin() + static_cast<std::ptrdiff_t>(of_earlier_parts));
  std::set<Ticks> taken;
  for (const TempoChange& tempo : kept) taken.insert(tempo.at);
  for (const auto& [at, tempo] : by_time) {
    if (!taken.contains(at)) kept.push_back({at, tempo});
  }
  tempos = std::move(kept);
}

/// The signature of the parts as they sound: of the first that is neither drums nor transposing.
void choose_keys(Score& score, const std::vector<std::vector<KeyChange>>& keys, Remarks& remarks) {
  size_t chosen = keys.size();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty() || score.parts[i].is_drums) continue;
    const bool transposes = score.parts[i].transposition != Transposition();
    const bool is_better = chosen == keys.size() ||
                           (!transposes && score.parts[chosen].transposition != Transposition());
    if (is_better) chosen = i;
  }
  if (chosen == keys.size()) return;
  score.keys = keys[chosen];
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].empty() || score.parts[i].is_drums) continue;
    const auto is_same = [](const KeyChange& a, const KeyChange& b) {
      return a.at == b.at && (a.fifths - b.fifths) % 12 == 0;
    };
    if (!std::ranges::equal(keys[i], score.keys, is_same)) {
      remarks.add("the key signatures of a part are not those of the others, which were kept",
                  "part " + std::to_string(i + 1));
    }
  }
}

Score read_score(const Tree& tree, Remarks& remarks) {
  Score score;
  read_heading(tree.root(), score, remarks);
  const PartList list(tree, remarks);
  const Timeline timeline = make_timeline(list.parts(), remarks);
  score.ticks_per_quarter = timeline.ticks_per_quarter;
  score.metres = timeline.metres;
  score.parts.resize(list.parts().size());
  std::vector<std::vector<KeyChange>> keys;
  for (size_t i = 0; i < list.parts().size(); ++i) {
    const size_t tempos = score.tempos.size();
    PartReader reader(list.parts()[i], timeline, score, score.parts[i], remarks);
    reader.read();
    keep_one_tempo(score.tempos, tempos);
    keys.push_back(reader.keys());
  }
  choose_keys(score, keys, remarks);
  keep_once(score.chords);
  keep_once(score.markers);
  std::ranges::sort(score.barlines);
  const auto same = std::unique(score.barlines.begin(), score.barlines.end());
  score.barlines.erase(same, score.barlines.end());
  name_heads(score);
  sort_events(score);
  return score;
}

}  // namespace

Reading read_musicxml(ByteView bytes) {
  Remarks remarks;
  Reading reading;
  if (is_zip(bytes)) {
    const Bytes text = unzip_score(bytes);
    reading.score = read_score(Tree(text, remarks), remarks);
  } else {
    reading.score = read_score(Tree(bytes, remarks), remarks);
  }
  reading.mended = remarks.sentences();
  return reading;
}

}  // namespace motet
