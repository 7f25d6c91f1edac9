// SPDX-License-Identifier: Apache-2.0
#include "motet/trust/provenance.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "motet/base/error.h"
#include "motet/trust/hash.h"

namespace motet::trust {
namespace {

namespace fs = std::filesystem;

Provenance example() {
  const std::string notes = "notes";
  return {.engine_version = "0.1.0",
          .bundle_name = "small",
          .bundle_hash = sha256("bundle"),
          .training_data_licence = "Public domain",
          .seed = 18'446'744'073'709'551'615U,
          .request = {{"key", "A minor"}, {"bars", 16}},
          .outputs = {record_of("/some/where/waltz.mid",
                                ByteView(reinterpret_cast<const uint8_t*>(notes.data()), 5))}};
}

std::string licence_of_card(std::string_view card) {
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  const auto folder = fs::path(testing::TempDir()) / (std::string("motet_card_") + test->name());
  fs::create_directories(folder);
  write_file(folder / "README.md", card);
  std::string licence = training_data_licence(folder);
  fs::remove_all(folder);
  return licence;
}

TEST(Provenance, SurvivesARoundTrip) {
  const Json json = to_json(example());
  EXPECT_EQ(to_json(provenance_from(parse_json(to_text(json), "p"), "p")), json);
}

TEST(Provenance, KeepsSeedsOf64Bits) {
  EXPECT_NE(to_text(to_json(example())).find("18446744073709551615"), std::string::npos);
}

TEST(Provenance, NamesOutputsWithoutTheirFolder) {
  const Json json = to_json(example());
  EXPECT_EQ(json["outputs"][0]["name"], "waltz.mid");
  EXPECT_EQ(json["outputs"][0]["sha256"], sha256("notes"));
}

TEST(Provenance, AMissingFieldIsNamed) {
  for (const char* field : {"engine_version", "bundle", "seed", "request", "outputs"}) {
    Json json = to_json(example());
    json.erase(field);
    try {
      provenance_from(json, "waltz.json");
      FAIL() << "expected an Error without " << field;
    } catch (const Error& e) {
      EXPECT_EQ(std::string(e.what()).rfind(std::string("waltz.json: ") + field, 0), 0U)
          << e.what();
    }
  }
}

TEST(Provenance, AFieldOfTheWrongTypeIsShown) {
  Json json = to_json(example());
  json["seed"] = "seven";
  EXPECT_THROW(provenance_from(json, "p"), Error);
  EXPECT_THROW(provenance_from(Json(3), "p"), Error);
}

TEST(TrainingDataLicence, IsReadFromTheCardsHead) {
  EXPECT_EQ(licence_of_card("---\nlicense: apache-2.0\n"
                            "training_data_license: \"CC0 and public domain\"\n---\n# Card\n"),
            "CC0 and public domain");
}

TEST(TrainingDataLicence, IsNotReadFromTheCardsText) {
  EXPECT_EQ(licence_of_card("---\nlicense: x\n---\ntraining_data_license: no\n"), "not stated");
  EXPECT_EQ(licence_of_card("# Card\ntraining_data_license: no\n"), "not stated");
}

TEST(TrainingDataLicence, IsNotStatedWithoutACard) {
  EXPECT_EQ(training_data_licence("/nowhere/at/all"), "not stated");
}

}  // namespace
}  // namespace motet::trust
