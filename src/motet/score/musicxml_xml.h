// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motet::musicxml {

/// Writes indented XML and nothing else; open and close must match. What was written goes to the
/// sink piece by piece, the last of it when finish() is called.
class Xml {
 public:
  using Sink = std::function<void(std::string_view)>;
  explicit Xml(Sink sink) : sink_(std::move(sink)) {}

  using Attributes = std::vector<std::pair<std::string_view, std::string>>;

  /// Takes a line as it is: the declaration, the document type.
  void line(std::string_view text);
  void open(std::string_view name, const Attributes& attributes = {});
  void close();
  void empty(std::string_view name, const Attributes& attributes = {});
  void leaf(std::string_view name, std::string_view text, const Attributes& attributes = {});
  void leaf(std::string_view name, int64_t value) { leaf(name, std::to_string(value)); }

  void finish();

 private:
  void begin_tag(std::string_view name, const Attributes& attributes);
  void end_line(std::string_view end);

  Sink sink_;
  std::string text_;  ///< that the sink has not got yet
  std::vector<std::string> open_;
};

/// The text as UTF-8 without characters that XML 1.0 forbids, such as controls.
std::string printable(std::string_view text);

/// What is printable of the text, as XML may hold it.
std::string escaped(std::string_view text);

/// At most two decimals, none where there are none: "96", "66.67".
std::string number_text(double value);

/// The shortest text that reads back as the same number: "96", "66.66666666666667".
std::string exact_text(double value);

}  // namespace motet::musicxml
