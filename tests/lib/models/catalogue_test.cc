#include "lib/models/catalogue.h"

#include <gtest/gtest.h>

namespace ablate::models {
namespace {

TEST(ModelsCatalogueTest, HasEveryModelOfTheSchemaInOrder) {
  const google::protobuf::OneofDescriptor* const kind = Model::descriptor()->FindOneofByName("kind");
  ASSERT_EQ(static_cast<size_t>(kind->field_count()), Catalogue().size());
  for (int i = 0; i < kind->field_count(); ++i) {
    Model model;
    Model::GetReflection()->MutableMessage(&model, kind->field(i));
    bool found = false;
    for (const Entry& entry : Catalogue()) found |= entry.name == ModelName(model);
    EXPECT_TRUE(found) << kind->field(i)->name();
  }
  for (size_t i = 1; i < Catalogue().size(); ++i) EXPECT_LT(Catalogue()[i - 1].name, Catalogue()[i].name);
  EXPECT_EQ(ModelName(Model()), "");
}

}  // namespace
}  // namespace ablate::models
