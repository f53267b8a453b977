#include "lib/attention/learned_parameters.h"

#include <gtest/gtest.h>

namespace ablate::attention {
namespace {

Attention Named(const std::string& normalizer) {
  Attention trial;
  trial.set_normalizer(normalizer);
  return trial;
}

TEST(LearnedParameters, AreTheUnionWithEachTrialsStart) {
  std::vector<Attention> trials = {Named("adaptive_scalable_entmax"), Named("scalable_softmax"), Named("softmax"),
                                   Named("softmax_sink"), Named("softmax_sink")};
  trials[3].set_sink(-2);
  trials[4].set_sink(1.5);
  const std::vector<LearnedParameter> learned = LearnedParameters(trials);
  ASSERT_EQ(learned.size(), 4u);
  EXPECT_EQ(learned[0].name, "length_beta");
  EXPECT_TRUE(learned[0].per_input);
  EXPECT_EQ(learned[0].starts, std::vector<double>(5, 0));
  EXPECT_EQ(learned[2].name, "length_scale");
  EXPECT_EQ(learned[2].starts, (std::vector<double>{0, .43, 0, 0, 0}));
  EXPECT_EQ(learned[3].name, "sink");
  EXPECT_FALSE(learned[3].per_input);
  EXPECT_EQ(learned[3].starts, (std::vector<double>{0, 0, 0, -2, 1.5}));
}

TEST(LearnedParameters, AreTheTrialsOwn) {
  EXPECT_TRUE(Learns(Named("softmax_sink"), "sink"));
  EXPECT_FALSE(Learns(Named("softmax"), "sink"));
  EXPECT_FALSE(Learns(Named("no such normalizer"), "sink"));
  Attention entmax = Named("entmax");
  EXPECT_FALSE(Learns(entmax, "alpha"));
  entmax.set_alpha_learned(true);
  EXPECT_TRUE(Learns(entmax, "alpha"));
  entmax.set_normalizer("sparsemax");
  EXPECT_FALSE(Learns(entmax, "alpha")) << "sparsemax has none";
}

}  // namespace
}  // namespace ablate::attention
