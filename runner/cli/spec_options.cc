#include "runner/cli/spec_options.h"

#include "runner/cli/common_options.h"
#include "runner/cli/run_devices.h"

namespace ablate::runner {

void AddSpecOptions(VerbOptions verb, SpecOptions& options) {
  verb.Add("spec", options.spec, "Experiment file").Required().Type("FILE");
  AddDatabaseOption(verb, options.database);
  AddDataOption(verb, options.data);
  AddDevicesOption(verb, options.devices);
  AddSettingsOption(verb, options.settings);
}

spec::Options LoadOptions(const SpecOptions& options) {
  spec::Options load;
  load.data_folder = DataFolder(options.data, options.spec);
  load.settings = options.settings;
  return load;
}

}  // namespace ablate::runner
