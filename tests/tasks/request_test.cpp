// SPDX-License-Identifier: Apache-2.0
#include "motet/tasks/request.h"

#include <gtest/gtest.h>

#include <string>

#include "motet/base/error.h"
#include "motet/tasks/nearest.h"

namespace motet::tasks {
namespace {

Request full_request() {
  return request_from(parse_json(R"({
    "title": "Étude", "style": "waltz", "key": "F-sharp minor", "metre": "3/4", "tempo": 92.5,
    "bars": 24, "instruments": ["violin", "violin", "drums"], "density": 3, "mood": "sad",
    "seed": 18446744073709551615, "temperature": 0.9, "top_k": 40, "top_p": 0.95, "min_p": 0.05})",
                                 "request"),
                      "request");
}

std::string refusal_of(const std::string& json) {
  try {
    request_from(parse_json(json, "r.json"), "r.json");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.what();
  }
  return "nothing was refused";
}

void expect_contains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text;
}

TEST(Request, SurvivesARoundTripThroughJson) {
  const Request request = full_request();
  EXPECT_EQ(request.instruments.size(), 3U);
  EXPECT_EQ(request_from(parse_json(to_text(to_json(request)), "r"), "r"), request);
}

TEST(Request, WritesOnlyWhatIsPresent) {
  Request request;
  EXPECT_EQ(to_json(request), Json::object());
  request.bars = 8;
  EXPECT_EQ(to_json(request).dump(), R"({"bars":8})");
}

TEST(Request, EveryFieldCanBeSetByAFlagToo) {
  const Request request = full_request();
  const Json json = to_json(request);
  Request by_flags;
  for (const auto& [field, value] : json.items()) {
    std::string text = value.is_string() ? value.get<std::string>() : value.dump();
    if (field == "instruments") text = "violin, violin, drums";
    set_field(by_flags, field, text, "--" + field);
  }
  EXPECT_EQ(by_flags, request);
}

TEST(Request, CountsInstrumentsInAFlag) {
  Request request;
  set_field(request, "instruments", "piano, 2 violins, 3 x cello", "--instruments");
  ASSERT_EQ(request.instruments.size(), 6U);
  EXPECT_EQ(name_of(request.instruments[0]), "piano");
  EXPECT_EQ(name_of(request.instruments[2]), "violin");
  EXPECT_EQ(name_of(request.instruments[5]), "cello");
}

TEST(Request, RefusesMoreThanThirtyTwoInstruments) {
  Request request;
  EXPECT_THROW(set_field(request, "instruments", "33 violins", "--instruments"), Error);
  EXPECT_THROW(set_field(request, "instruments", "0 violins", "--instruments"), Error);
  EXPECT_THROW(set_field(request, "instruments", "", "--instruments"), Error);
}

TEST(Request, NullIsAbsent) {
  EXPECT_EQ(request_from(parse_json(R"({"key": null})", "r"), "r"), Request{});
}

TEST(Request, AnUnknownFieldComesWithTheNearestKnown) {
  const std::string text = refusal_of(R"({"barz": 16})");
  expect_contains(text, "r.json: expected a field such as bars");
  expect_contains(text, "\"barz\"");
}

TEST(Request, AnUnknownStyleKeyOrInstrumentComesWithTheNearestKnown) {
  expect_contains(refusal_of(R"({"style": "walz"})"), "waltz");
  expect_contains(refusal_of(R"({"key": "A minr"})"), "A minor");
  expect_contains(refusal_of(R"({"instruments": ["pianno"]})"), "piano");
}

TEST(Request, RangesAreToldWithWhatWasFound) {
  EXPECT_EQ(refusal_of(R"({"bars": 5000})"),
            "r.json: bars: expected a whole number from 1 to 1024, found 5000");
  EXPECT_EQ(refusal_of(R"({"tempo": 19.5})"),
            "r.json: tempo: expected a number from 20 to 300, found 19.5");
  for (const char* bad :
       {R"({"bars": 0})", R"({"bars": 1.5})", R"({"bars": -1})", R"({"density": 8})",
        R"({"top_p": 1.1})", R"({"seed": -1})", R"({"seed": 1.5})", R"({"temperature": -0.1})"}) {
    expect_contains(refusal_of(bad), "expected");
  }
}

TEST(Request, AWrongTypeIsToldAsOne) {
  EXPECT_EQ(refusal_of(R"({"key": 3})"), "r.json: key: expected a text, found 3");
  EXPECT_EQ(refusal_of(R"({"bars": "16"})"),
            "r.json: bars: expected a whole number from 1 to 1024, found \"16\"");
  EXPECT_EQ(refusal_of(R"([1])"),
            "r.json: expected an object with the fields of a request, found [1]");
  expect_contains(refusal_of(R"({"instruments": []})"), "expected a list of instruments");
  expect_contains(refusal_of(R"({"instruments": [1]})"), "expected an instrument's name");
}

TEST(Request, AWholeNumberMayBeWrittenWithAPoint) {
  EXPECT_EQ(request_from(parse_json(R"({"bars": 16.0})", "r"), "r").bars, 16);
}

TEST(Request, MetresThatNoBarCanHaveAreRefused) {
  for (const char* bad : {"3/5", "4", "0/4", "99/4", "3/4x", "/4", ""}) {
    Request request;
    EXPECT_THROW(set_field(request, "metre", bad, "--metre"), Error) << bad;
  }
}

TEST(Request, ATitleMustBeUtf8) {
  Request request;
  EXPECT_THROW(set_field(request, "title", "\xFF\xFE", "--title"), Error);
}

TEST(Request, WhatIsLaidOverWins) {
  Request words;
  words.bars = 16;
  words.mood = Mood::kSad;
  Request flags;
  flags.bars = 8;
  const Request both = merged(words, flags);
  EXPECT_EQ(both.bars, 8);
  EXPECT_EQ(both.mood, Mood::kSad);
}

TEST(Request, MergingLosesNoField) {
  EXPECT_EQ(merged(full_request(), Request{}), full_request());
  EXPECT_EQ(merged(Request{}, full_request()), full_request());
}

TEST(Resolve, FillsWhatComposingMustKnow) {
  const Request full = resolve(Request{});
  EXPECT_EQ(full.bars, 16);
  EXPECT_EQ(full.metre, (tokens::Metre{4, 4}));
  EXPECT_TRUE(full.tempo && full.seed && full.temperature && full.top_k && full.top_p);
  ASSERT_EQ(full.instruments.size(), 1U);
  EXPECT_EQ(name_of(full.instruments[0]), "piano");
}

TEST(Resolve, LeavesTheMusicToTheModel) {
  const Request full = resolve(Request{});
  EXPECT_FALSE(full.style || full.mood || full.density);
  EXPECT_TRUE(full.key);
}

TEST(Resolve, IsDoneOnce) {
  for (const std::string& style : style_names()) {
    Request request;
    request.style = style;
    request.mood = Mood::kSad;
    const Request once = resolve(request);
    EXPECT_EQ(resolve(once), once) << style;
  }
}

TEST(Resolve, KnowsWhatEveryStyleNeeds) {
  for (const std::string& style : style_names()) {
    Request request;
    request.style = style;
    const Request full = resolve(request);
    EXPECT_GE(*full.tempo, 40) << style;
    EXPECT_TRUE(tokens::find_metre(full.metre->numerator, full.metre->denominator)) << style;
    EXPECT_FALSE(full.instruments.empty()) << style;
    EXPECT_EQ(request_from(to_json(full), "r"), full) << style;
  }
  Request waltz;
  waltz.style = "waltz";
  EXPECT_EQ(resolve(waltz).metre, (tokens::Metre{3, 4}));
  Request quartet;
  quartet.style = "string-quartet";
  EXPECT_EQ(resolve(quartet).instruments.size(), 4U);
  Request drums;
  drums.style = "drums";
  EXPECT_TRUE(resolve(drums).instruments.at(0).is_drums);
}

TEST(Resolve, KeepsWhatWasAsked) {
  const Request request = full_request();
  EXPECT_EQ(resolve(request), request);
}

TEST(Nearest, OrdersByTheEditsNeeded) {
  EXPECT_EQ(nearest("WALZ", {"march", "waltz", "mazurka"}, 2),
            (std::vector<std::string>{"waltz", "march"}));
  EXPECT_TRUE(nearest("x", {}, 3).empty());
  EXPECT_EQ(joined_by_or({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace motet::tasks
