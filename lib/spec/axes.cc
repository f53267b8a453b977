#include "lib/spec/axes.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "lib/spec/plan.h"

namespace ablate::spec {
namespace {

using google::protobuf::FieldDescriptor;

// Digits kept of computed values: a linear range from 0.1 to 0.5 meets the 0.3 that one writes, and draws stay readable.
constexpr int kRangeDigits = 12;
constexpr int kSampleDigits = 6;

double Rounded(double number, int digits) {
  double rounded = number;
  if (!absl::SimpleAtod(fmt::format("{:.{}g}", number, digits), &rounded)) return number;
  return rounded;
}

// What an axis may hold for its field.
std::string AllowedHere(const Field& field) {
  switch (field.descriptor()->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Allowed(field) + ", given by flag";
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_STRING:
      return Allowed(field) + ", given by text";
    default:
      return Allowed(field) + ", given by number, linear or log";
  }
}

class AxisReader {
 public:
  AxisReader(const Axis& axis, const Source& source, const Place& place, Loading* loading, AxisValues* result)
      : axis_(axis), source_(source), place_(place), loading_(*loading), result_(*result) {}

  template <typename Values>
  bool Read(Values read_values) {
    const bool read = FindAxisField() && CheckKinds() && read_values();
    if (read && !source_.has_unknown_field && source_.bad_fields.empty()) return true;
    const std::string nearest = axis_.has_field() ? NearestField(axis_.field()) : "";
    loading_.Doubt(result_.field >= 0 ? result_.field : FindField(nearest));
    return false;
  }

  bool ReadValues(AxisKind kind) {
    return (IsRange() ? ReadRange() : ReadList()) && (kind == AxisKind::kZip || !HasRepetition());
  }

  bool Sample(const std::vector<double>& shares) {
    if (IsRange()) return SampleRange(shares);
    if (!ReadList() || HasRepetition()) return false;
    std::vector<const Value*> listed;
    listed.swap(result_.values);
    for (double share : shares) {
      result_.values.push_back(listed[static_cast<size_t>(share * static_cast<double>(listed.size()))]);
    }
    return true;
  }

 private:
  const Field& field() const { return TrialFields()[result_.field]; }

  Place PlaceOf(int number, int index = 0) const {
    const Source::Element* element = source_.Find(number, index);
    return element == nullptr ? place_ : element->value;
  }

  bool Tell(const Place& place, const std::string& message) {
    loading_.problems->Add(place, message);
    return false;
  }

  bool FindAxisField() {
    const Place place = PlaceOf(Axis::kFieldFieldNumber);
    if (!axis_.has_field()) return false;  // told with the other required fields
    const std::string& path = axis_.field();
    if (path == "seed") {
      return Tell(place,
                  "the field of an axis is the seed; allowed: other fields, seeds are the experiment's: seeds { count: 3 }");
    }
    result_.field = FindField(path);
    if (result_.field >= 0 && field().choice != nullptr) result_.field = -1;
    if (result_.field < 0) return Tell(place, NoSuchField(path));
    result_.origin = loading_.NewOrigin(result_.field, place);
    return true;
  }

  // Exactly one list or range.
  bool CheckKinds() {
    std::vector<std::string> given;
    std::vector<std::string> all;
    Place second = place_;
    for (int number : {Axis::kNumberFieldNumber, Axis::kTextFieldNumber, Axis::kFlagFieldNumber, Axis::kLinearFieldNumber,
                       Axis::kLogFieldNumber}) {
      const FieldDescriptor* descriptor = Axis::descriptor()->FindFieldByNumber(number);
      all.push_back(descriptor->name());
      if (source_.Find(number) == nullptr) continue;
      given.push_back(descriptor->name());
      if (given.size() == 2) second = source_.Find(number)->name;
    }
    if (given.size() == 1) return true;
    if (given.empty() && (!source_.bad_fields.empty() || source_.has_unknown_field)) return false;
    if (given.empty()) {
      return Tell(place_,
                  fmt::format("the axis of {} has no values; allowed: a list or a range by {}", field().path, OneOf(all)));
    }
    return Tell(second, fmt::format("the axis of {} is given by {}; allowed: one of them", field().path,
                                    absl::StrJoin(given, " and ")));
  }

  const Value* Keep(const Value& value, const Place& place) {
    const std::string complaint = Complaint(field().path, field().descriptor(), value);
    if (!complaint.empty()) {
      Tell(place, complaint);
      loading_.DoubtValue(result_.field);
    }
    return loading_.Keep(result_.field, value, place, result_.origin);
  }

  // A value that the field's type does not have: told once for the list.
  bool WrongType(const Place& place, const std::string& seen) {
    loading_.DoubtValue(result_.field);
    return Tell(place, fmt::format("{} is {}; allowed: {}", field().path, seen, AllowedHere(field())));
  }

  bool ReadList() {
    for (int i = 0; i < axis_.number_size(); ++i) {
      const Place place = PlaceOf(Axis::kNumberFieldNumber, i);
      const std::optional<Value> value = FromNumber(field(), axis_.number(i));
      if (!value) return WrongType(place, fmt::format("{}", axis_.number(i)));
      result_.values.push_back(Keep(*value, place));
    }
    for (int i = 0; i < axis_.text_size(); ++i) {
      const Place place = PlaceOf(Axis::kTextFieldNumber, i);
      const bool is_text = field().descriptor()->cpp_type() == FieldDescriptor::CPPTYPE_STRING ||
                           field().descriptor()->cpp_type() == FieldDescriptor::CPPTYPE_ENUM;
      const std::optional<Value> value = is_text ? FromText(field(), axis_.text(i)) : std::nullopt;
      if (!value) return WrongType(place, Quoted(axis_.text(i)));
      result_.values.push_back(Keep(*value, place));
    }
    for (int i = 0; i < axis_.flag_size(); ++i) {
      const Place place = PlaceOf(Axis::kFlagFieldNumber, i);
      const std::optional<Value> value = FromFlag(field(), axis_.flag(i));
      if (!value) return WrongType(place, axis_.flag(i) ? "true" : "false");
      result_.values.push_back(Keep(*value, place));
    }
    return true;
  }

  bool IsRange() const { return axis_.has_linear() || axis_.has_log(); }
  bool IsWhole() const { return field().descriptor()->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE; }
  const Range& range() const { return axis_.has_linear() ? axis_.linear() : axis_.log(); }
  int range_number() const { return axis_.has_linear() ? Axis::kLinearFieldNumber : Axis::kLogFieldNumber; }

  Place InRange(int number) const {
    const Source::Element* element = source_.Find(range_number());
    const Source::Element* inner = element == nullptr ? nullptr : element->source->Find(number);
    return inner != nullptr ? inner->value : element != nullptr ? element->name : place_;
  }

  // Both ends: there, of the field's type and in its range. Missing and misread ones are told elsewhere.
  bool CheckEnds() {
    const Source& written = *source_.Find(range_number())->source;
    if (!range().has_from() || !range().has_to() || !written.bad_fields.empty() || written.has_unknown_field) return false;
    bool good = true;
    for (const auto& [number, end] :
         {std::pair(Range::kFromFieldNumber, range().from()), std::pair(Range::kToFieldNumber, range().to())}) {
      const Place place = InRange(number);
      const std::optional<Value> value = FromNumber(field(), end);
      if (!value) {
        return WrongType(place, fmt::format("{}", end));
      } else if (const std::string complaint = Complaint(field().path, field().descriptor(), *value); !complaint.empty()) {
        good = Tell(place, complaint);
      } else if (axis_.has_log() && end <= 0) {
        good = Tell(place, fmt::format("an end of a log range is {}; allowed: above 0", end));
      }
    }
    return good;
  }

  double At(double share) const {
    const double from = range().from(), to = range().to();
    if (axis_.has_linear()) return from + share * (to - from);
    return std::exp(std::log(from) + share * (std::log(to) - std::log(from)));
  }

  const Value* Computed(double number, int digits) {
    const double low = std::min(range().from(), range().to()), high = std::max(range().from(), range().to());
    const double rounded = IsWhole() ? std::round(number) : Rounded(number, digits);
    return loading_.Keep(result_.field, *FromNumber(field(), std::clamp(rounded, low, high)), place_, result_.origin);
  }

  bool ReadRange() {
    if (!CheckEnds()) return false;
    if (!range().has_count()) {
      return Tell(InRange(0), fmt::format("the range of {} has no count; allowed: the number of values, 1 to {}", field().path,
                                          kMaxTrials));
    }
    const uint32_t count = range().count();
    const Place place = InRange(Range::kCountFieldNumber);
    if (count < 1 || count > kMaxTrials) return false;  // told with the other ranges
    if (count == 1 && range().from() != range().to()) {
      return Tell(place, fmt::format("one value of {} from {} to {}; allowed: at least 2, or equal ends", field().path,
                                     range().from(), range().to()));
    }
    for (uint32_t i = 0; i < count; ++i) {
      const double share = count == 1 ? 0 : static_cast<double>(i) / (count - 1);
      result_.values.push_back(i + 1 == count ? Computed(range().to(), 17)
                               : i == 0       ? Computed(range().from(), 17)
                                              : Computed(At(share), kRangeDigits));
    }
    return true;
  }

  bool HasRepetition() {
    absl::flat_hash_map<std::string, Place> seen;
    for (size_t i = 0; i < result_.values.size(); ++i) {
      const Value& value = *result_.values[i];
      const auto [first, is_new] = seen.emplace(value.text, value.place);
      if (is_new) continue;
      if (IsRange()) {
        return !Tell(
            InRange(Range::kCountFieldNumber),
            fmt::format("the range of {} gives {} twice; allowed: a count that keeps values apart", field().path, value.text));
      }
      return !Tell(value.place, fmt::format("{} is {} twice; first at {}:{}", field().path, Shortened(value.text),
                                            first->second.line, first->second.column));
    }
    return false;
  }

  bool SampleRange(const std::vector<double>& shares) {
    if (!CheckEnds()) return false;
    if (range().has_count()) {
      return Tell(InRange(Range::kCountFieldNumber),
                  "a sample axis has a count; allowed: none, `samples` of the sweep says how many");
    }
    if (range().from() >= range().to()) {
      return Tell(
          InRange(Range::kToFieldNumber),
          fmt::format("a sample axis ranges from {} to {}; allowed: an end above its start", range().from(), range().to()));
    }
    const bool whole_linear = IsWhole() && axis_.has_linear();
    for (double share : shares) {
      // Each whole number of a linear range is equally likely, the ends too.
      const double number = whole_linear ? std::floor(range().from() + share * (range().to() - range().from() + 1)) : At(share);
      result_.values.push_back(Computed(number, kSampleDigits));
    }
    return true;
  }

  const Axis& axis_;
  const Source& source_;
  const Place place_;
  Loading& loading_;
  AxisValues& result_;
};

}  // namespace

bool ReadAxis(const Axis& axis, AxisKind kind, const Source& source, const Place& place, Loading* loading, AxisValues* result) {
  AxisReader reader(axis, source, place, loading, result);
  return reader.Read([&] { return reader.ReadValues(kind); });
}

bool ReadSampleAxis(const Axis& axis, const Source& source, const Place& place, const Draws& draws, int number,
                    Loading* loading, AxisValues* result) {
  AxisReader reader(axis, source, place, loading, result);
  return reader.Read([&] { return reader.Sample(DrawShares(draws, number)); });
}

}  // namespace ablate::spec
