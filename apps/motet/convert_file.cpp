// SPDX-License-Identifier: Apache-2.0
#include "motet/convert_file.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <new>

#include "motet/base/error.h"
#include "motet/base/file.h"
#include "motet/score/abc_write.h"

namespace motet::program {
namespace {

namespace fs = std::filesystem;

void add_losses(const std::vector<Loss>& more, std::vector<Loss>& all) {
  for (const Loss& loss : more) {
    const auto known = std::ranges::find(all, loss.many, &Loss::many);
    if (known == all.end()) {
      all.push_back(loss);
    } else {
      known->count += loss.count;
    }
  }
}

/// Calls write(path) where a file may be written, once its folder is there.
template <typename Write>
void write_output(const fs::path& path, const Plan& plan, Outcome& outcome, const Write& write) {
  if (plan.inputs.contains(one_name(path))) {
    throw Error(ErrorCode::kInvalidArgument, path.string() + " is an input, and inputs are kept");
  }
  if (path.has_parent_path()) fs::create_directories(path.parent_path());
  write(path);
  outcome.outputs.push_back(path.string());
}

/// Names the files of a book's tunes, each once.
class TuneNames {
 public:
  TuneNames(const fs::path& output, const Plan& plan) : output_(output), plan_(plan) {}

  /// "book-012.mid" for tune 12; "book-012-2.mid" where a second tune has that number.
  fs::path of(int number) {
    std::string digits = std::to_string(number);
    digits.insert(0, digits.size() < 3 ? 3 - digits.size() : 0, '0');
    const std::string stem = output_.stem().string() + "-" + digits;
    int& count = counts_[number];
    while (true) {
      ++count;
      fs::path path = output_;
      path.replace_filename(stem + (count == 1 ? "" : "-" + std::to_string(count)) +
                            output_.extension().string());
      if (!plan_.outputs.contains(path)) return path;
    }
  }

 private:
  fs::path output_;
  const Plan& plan_;
  std::map<int, int> counts_;  ///< tunes that were named, by number
};

void write_pieces(const Book& book, const Errand& errand, const Plan& plan, Outcome& outcome) {
  if (plan.target == Format::kAbc && book.pieces.size() > 1) {
    std::vector<Score> scores;
    for (const Piece& piece : book.pieces) scores.push_back(piece.reading.score);
    const std::string text = write_abc_book(scores);
    return write_output(errand.output, plan, outcome,
                        [&](const fs::path& path) { write_file(path, std::string_view(text)); });
  }
  TuneNames names(errand.output, plan);
  for (const Piece& piece : book.pieces) {
    const bool is_book = book.pieces.size() > 1;
    write_output(is_book ? names.of(piece.number) : errand.output, plan, outcome,
                 [&](const fs::path& path) { write_any(piece.reading.score, plan.target, path); });
  }
}

void tell_of(const Book& book, Format target, Outcome& outcome) {
  outcome.format = name_of(book.format);
  outcome.refused = book.refused;
  for (const Piece& piece : book.pieces) {
    const std::string kind = book.format == Format::kAbc ? "tune X:" : "piece ";
    const std::string tune =
        book.pieces.size() > 1 ? kind + std::to_string(piece.number) + ": " : "";
    for (const std::string& line : piece.reading.mended) outcome.mended.push_back(tune + line);
    for (const std::string& what : piece.unkept) {
      if (std::ranges::find(outcome.unkept, what) == outcome.unkept.end()) {
        outcome.unkept.push_back(what);
      }
    }
    add_losses(losses(piece.reading.score, target), outcome.lost);
    outcome.notes += count_notes(piece.reading.score);
  }
}

/// By reading: fs::copy_file may call a file that cannot be read a copied file of no bytes.
bool is_copied(const fs::path& file, const fs::path& copy) {
  std::ifstream from(file, std::ios::binary);
  std::ofstream to(copy, std::ios::binary);
  if (from.peek() == std::ifstream::traits_type::eof()) {
    if (from.eof() && !from.bad() && to) return true;  // it is empty
  } else if (to << from.rdbuf() && !from.bad()) {
    return true;
  }
  std::error_code ignored;
  fs::remove(copy, ignored);
  return false;
}

fs::path reason_beside(const fs::path& copy) { return copy.string() + ".reason.txt"; }

}  // namespace

Outcome convert_file(const Errand& errand, const Plan& plan, Repeats repeats) {
  Outcome outcome;
  try {
    const bool must_play = !can_say_repeats(plan.target);
    const Book book =
        read_any(read_file(errand.input), errand.input, must_play ? Repeats::kPlayed : repeats);
    tell_of(book, plan.target, outcome);
    write_pieces(book, errand, plan, outcome);
  } catch (const Error& error) {
    outcome.refused.emplace_back(error.what());
  } catch (const fs::filesystem_error& error) {
    outcome.refused.emplace_back(error.path1().string() + ": " + error.code().message());
  } catch (const std::bad_alloc&) {
    outcome.refused.emplace_back("this machine has too little memory for it");
  }
  return outcome;
}

void quarantine(const fs::path& file, const fs::path& folder,
                const std::vector<std::string>& reasons) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  fs::path copy = folder / file.filename();
  for (int n = 2; fs::exists(copy) || fs::exists(reason_beside(copy)); ++n) {
    copy = folder / (file.stem().string() + "-" + std::to_string(n) + file.extension().string());
  }
  std::string text = file.string() + "\n";
  for (const std::string& reason : reasons) text += reason + "\n";
  // What could not be read cannot be copied either; its reason is kept all the same.
  if (!is_copied(file, copy)) text += "not copied, because it cannot be read to its end\n";
  write_file(reason_beside(copy), std::string_view(text));
}

Json to_json(const Errand& errand, const Outcome& outcome) {
  Json json;
  json["input"] = errand.input.string();
  json["format"] = outcome.format;
  json["outputs"] = outcome.outputs;
  json["notes"] = outcome.notes;
  json["mended"] = outcome.mended;
  json["not_kept"] = outcome.unkept;
  json["lost"] = Json::array();
  for (const Loss& loss : outcome.lost) json["lost"].push_back(to_text(loss));
  json["refused"] = outcome.refused;
  return json;
}

}  // namespace motet::program
