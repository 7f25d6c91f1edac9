// SPDX-License-Identifier: Apache-2.0
#include "motet/data/check.h"

#include "motet/base/error.h"
#include "motet/data/catalogue.h"
#include "motet/data/checked.h"
#include "motet/data/gate.h"
#include "motet/data/reading.h"
#include "motet/trust/hash.h"

namespace motet::data {
namespace {

namespace fs = std::filesystem;

using Refuse = std::function<void(const std::string&, const std::string&)>;

bool has_shards(const fs::path& folder) {
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder, none)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("train") && name.ends_with(".shard")) return true;
  }
  return false;
}

class Checker {
 public:
  Checker(const OptOuts& opt_outs, const Refuse& refuse, const Progress& progress)
      : opt_outs_(opt_outs), refuse_(refuse), progress_(progress) {}

  void tell(const std::string& item, const std::string& reason) {
    ++report_.checked;
    progress_.report({"checking", report_.checked, 0, ""});
    if (reason.empty()) return;
    ++report_.refused;
    refuse_(item, reason);
  }

  void entry(const ManifestEntry& entry, const Fingerprint& fingerprint) {
    const std::string opted_out = opt_outs_.reason(entry.sha256, fingerprint);
    if (entry.purpose == "evaluate" && opted_out.empty()) return;
    tell(entry.file, opted_out.empty() ? reason_of_papers(entry) : opted_out);
  }

  void manifest(const fs::path& path) {
    if (path.extension() == ".jsonl") {
      each_entry(path, [&](const ManifestEntry& line) { entry(line, {}); });
      return;
    }
    Catalogue catalogue(path, Database::Mode::kRead);
    catalogue.each(Catalogue::Tunes::kLeaveOut, [&](const CatalogueEntry& row) {
      entry(to_manifest(row), parse_fingerprint(row.fingerprint).value_or(Fingerprint()));
      return !progress_.stop_requested();
    });
  }

  void item(const fs::path& path, const Gate& gate) {
    if (fs::is_directory(path)) {
      for (const auto& found : fs::recursive_directory_iterator(path)) {
        const bool wanted = is_music(found.path()) || found.path().extension() == ".shard";
        if (wanted && found.is_regular_file() && !progress_.stop_requested()) {
          item(found.path(), gate);
        }
      }
    } else if (path.extension() == ".shard") {
      shard(Shard(path), gate);
    } else {
      piece(path, gate);
    }
  }

  void shards(const fs::path& folder, const Gate& gate) {
    const std::vector<Shard> all = open_shards(folder, "train");
    for (const Shard& one : all) shard(one, gate);
    if (report_.refused == 0) write_checked(folder, all);
  }

  const CheckReport& report() const noexcept { return report_; }

 private:
  void shard(const Shard& shard, const Gate& gate) {
    const std::vector<std::string> names = piece_names(shard, gate.manifest());
    for (size_t i = 0; i < shard.size(); ++i) {
      tell(shard.path().string() + ": piece " + std::to_string(i),
           gate.reason(names[i], gate.fingerprint_in(shard, i)));
    }
  }

  void piece(const fs::path& path, const Gate& gate) {
    const Bytes bytes = read_file(path);
    Fingerprint fingerprint;
    try {
      if (opt_outs_.has_fingerprints()) {
        fingerprint = fingerprint_of(tune_of(read_music(bytes, path.filename())));
      }
    } catch (const Error& error) {
      return tell(path.string(), error.what());
    }
    tell(path.string(), gate.reason(trust::sha256(bytes), fingerprint));
  }

  const OptOuts& opt_outs_;
  const Refuse& refuse_;
  const Progress& progress_;
  CheckReport report_;
};

}  // namespace

CheckReport check(const fs::path& manifest, const std::vector<fs::path>& items,
                  const OptOuts& opt_outs, const Refuse& refuse, const Progress& progress) {
  Checker checker(opt_outs, refuse, progress);
  const Gate gate(manifest, opt_outs);
  if (items.empty()) {
    if (has_shards(manifest)) {
      checker.shards(manifest, gate);
    } else {
      checker.manifest(gate.manifest());
    }
  }
  for (const fs::path& path : items) {
    if (!fs::exists(path)) throw Error(ErrorCode::kNotFound, path.string() + ": no such item");
    checker.item(path, gate);
  }
  return checker.report();
}

}  // namespace motet::data
