// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motet::kern {

constexpr size_t kMostSpines = 2'000;

enum class LineKind {
  kGlobal,  ///< one field: a comment or a reference record
  kLocal,   ///< comments, one a spine
  kInterpretation,
  kBarline,
  kData,
};

/// A spine from its `**` to its `*-`, whatever it splits into on the way.
struct Track {
  std::string kind;  ///< "**kern"
  size_t line = 0;   ///< where it begins, 1-based
};

/// One field of a line.
struct Column {
  size_t track = 0;
  size_t place = 0;  ///< 0-based among the columns of its track, from the left
};

/// What became of the columns after a line that moves spines: from which old ones each new one
/// comes. None: the spine is new. Two and more: they were joined.
using Origins = std::vector<std::vector<size_t>>;

/// Walks through a Humdrum file line by line and keeps count of its spines: `*^` `*v` `*x` `*+`
/// `*-`.
class Spines {
 public:
  /// `text` must outlive the walker.
  explicit Spines(std::string_view text);

  /// Goes to the next line that is not empty; false at the end.
  ///
  /// throws  Error(kInvalidFile) with the line: a number of fields that is not the number of
  /// spines,
  ///         an unknown spine where one must begin, more than kMostSpines
  bool next();

  size_t line() const noexcept { return line_; }  ///< 1-based
  LineKind kind() const noexcept { return kind_; }
  const std::vector<std::string_view>& fields() const noexcept { return fields_; }

  /// What each field of this line belongs to; empty for a global line.
  const std::vector<Column>& columns() const noexcept { return columns_; }

  /// Whether the columns of the next line are others; then `origins` says which.
  bool moves() const noexcept { return moves_; }
  const Origins& origins() const noexcept { return origins_; }
  const std::vector<Column>& next_columns() const noexcept { return next_columns_; }

  const std::vector<Track>& tracks() const noexcept { return tracks_; }

  /// Lines with a `*v` or `*x` that has no neighbour, which say nothing.
  const std::vector<size_t>& lonely_lines() const noexcept { return lonely_lines_; }

 private:
  void split_fields(std::string_view line);
  void begin_spines();
  void move_spines();
  size_t move_group(size_t i);
  void renumber();

  std::string_view rest_;
  size_t line_ = 0;
  LineKind kind_ = LineKind::kGlobal;
  std::vector<std::string_view> fields_;
  std::vector<Column> columns_;
  bool has_begun_ = false;
  bool moves_ = false;
  Origins origins_;
  std::vector<Column> next_columns_;
  std::vector<Track> tracks_;
  std::vector<size_t> added_;  ///< tracks that `*+` made and no `**` has named yet
  std::vector<size_t> lonely_lines_;
};

}  // namespace motet::kern
