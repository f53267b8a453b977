#include "runner/devices/inventory.h"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"
#include "lib/base/files.h"
#include "lib/base/status_macros.h"
#include "lib/spec/problems.h"
#include "lib/spec/proto_text.h"
#include "lib/spec/values.h"

namespace ablate::runner {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr uint64_t kMostBytes = 1 << 20;

bool IsDevice(const std::string& name) {
  absl::string_view rest = name;
  uint32_t number = 0;
  return name == "cpu" || (absl::ConsumePrefix(&rest, "cuda:") && absl::SimpleAtoi(rest, &number));
}

// Ranges, as the fields' facts state them.
void CheckRanges(const Message& message, const spec::Source& source, spec::Problems* problems) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->is_repeated() || field->message_type() != nullptr) continue;
    const std::string complaint = spec::Complaint(field->name(), field, spec::FromMessage(message, field));
    if (!complaint.empty()) problems->Add(source.Find(field->number())->value, complaint);
  }
}

void CheckDevice(const Device& device, const spec::Source::Element& element, std::set<std::string>* names,
                 spec::Problems* problems) {
  CheckRanges(device, *element.source, problems);
  for (int i = 0; i < device.process_size(); ++i) {
    CheckRanges(device.process(i), *element.source->Find(Device::kProcessFieldNumber, i)->source, problems);
  }
  const spec::Source::Element* name = element.source->Find(Device::kDeviceFieldNumber);
  if (name == nullptr) return problems->Add(element.name, "device.device is missing; it is required: \"cpu\" or \"cuda:N\"");
  if (!IsDevice(device.device())) {
    problems->Add(name->value,
                  fmt::format("device is {}; allowed: \"cpu\" or \"cuda:N\", N a number", spec::Quoted(device.device())));
  } else if (!names->insert(device.device()).second) {
    problems->Add(name->value, fmt::format("device {} is named twice; allowed: once", spec::Quoted(device.device())));
  }
  if (device.memory_bytes() > 0 && device.free_bytes() > device.memory_bytes()) {
    problems->Add(
        element.source->Find(Device::kFreeBytesFieldNumber)->value,
        fmt::format("free_bytes is {}; allowed: at most memory_bytes, {}", device.free_bytes(), device.memory_bytes()));
  }
}

}  // namespace

bool IsInventoryPath(const std::string& devices) {
  return absl::StrContains(devices, '/') || absl::EndsWith(devices, ".textproto");
}

absl::StatusOr<Inventory> ParseInventory(const std::string& text, const std::string& path) {
  const std::vector<std::string> no_settings;
  spec::Problems problems(path, no_settings);
  spec::Source source;
  Inventory inventory;
  if (spec::ReadProtoText(text, &inventory, &source, &problems)) {
    CheckRanges(inventory, source, &problems);
    std::set<std::string> names;
    for (int i = 0; i < inventory.device_size(); ++i) {
      CheckDevice(inventory.device(i), *source.Find(Inventory::kDeviceFieldNumber, i), &names, &problems);
    }
    if (inventory.device().empty() && problems.empty()) problems.Add({1, 1, 0}, "no device is named; allowed: at least one");
  }
  RETURN_IF_ERROR(problems.ToStatus());
  return inventory;
}

absl::StatusOr<Inventory> ReadInventory(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMostBytes));
  return ParseInventory(text, path);
}

}  // namespace ablate::runner
