// Statistics across seeds against SciPy and statsmodels, on random data: all cases in one call of Python.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "analysis/across_seeds.h"
#include "analysis/bootstrap.h"
#include "analysis/distributions.h"
#include "analysis/multiple_tests.h"
#include "analysis/paired_predictions.h"
#include "analysis/power.h"
#include "fmt/format.h"
#include "lib/base/files.h"

namespace ablate::analysis {
namespace {

using nlohmann::json;

// Arguments: file with the cases, file to write: for each case the list of what is expected.
constexpr char kProgram[] = R"(
import json, sys
try:
    import numpy as np
    from scipy import special, stats
    from statsmodels.stats.contingency_tables import mcnemar
    from statsmodels.stats.multitest import multipletests
    from statsmodels.stats.power import TTestPower
except ImportError as missing:
    print(missing)
    sys.exit(77)

def mean(x):
    interval = stats.t.interval(0.95, len(x) - 1, loc=np.mean(x), scale=stats.sem(x))
    return [np.mean(x), np.std(x, ddof=1), *interval]

def paired(x, y):
    d = np.subtract(x, y)
    m = len(d) - 1
    j = np.exp(special.gammaln(m / 2) - special.gammaln((m - 1) / 2)) / np.sqrt(m / 2)
    return [stats.ttest_rel(x, y).pvalue, j * np.mean(d) / np.std(d, ddof=1)]

def bca(x, means):
    # Summed in order, as ours: then a resample with each value once is the mean, and not an ulp beside it.
    statistic = lambda a, axis=-1: np.add.accumulate(a, axis=axis)[..., -1] / a.shape[axis]
    class Given:
        bootstrap_distribution = np.array(means)
    r = stats.bootstrap((np.array(x),), statistic, n_resamples=0, bootstrap_result=Given(), method='BCa', vectorized=True)
    return list(r.confidence_interval)

def resampled_p(d, means):
    return [(1 + sum(abs(m - np.mean(d)) >= abs(np.mean(d)) for m in means)) / (1 + len(means))]

def power(effect, n, smallest, needed):
    def chance(e, k):
        p = TTestPower().power(e, k, 0.05)
        # SciPy has no value for the lower tail far out, where it is 0.
        return p if p == p else stats.nct.sf(stats.t.isf(0.025, k - 1), k - 1, e * np.sqrt(k))
    return [chance(effect, n), chance(smallest, n), float(chance(effect, needed) >= 0.8),
            float(needed == 2 or chance(effect, needed - 1) < 0.8)]

def exact_mcnemar(b, c):
    return [mcnemar([[0, b], [c, 0]], exact=True).pvalue]

def corrected(p, method):
    return list(multipletests(p, method=method)[1])

def distributions(z, share, t, degrees):
    return [stats.norm.cdf(z), stats.norm.ppf(share), stats.t.sf(t, degrees), stats.t.ppf(0.5 + share / 2, degrees)]

kinds = dict(mean=mean, paired=paired, bca=bca, resampled_p=resampled_p, power=power, mcnemar=exact_mcnemar,
             corrected=corrected, distributions=distributions)
with open(sys.argv[1]) as cases, open(sys.argv[2], 'w') as out:
    json.dump([[float(v) if v == v else None for v in kinds[kind](*given)] for kind, given in json.load(cases)], out)
)";

class Cases {
 public:
  void Add(const std::string& kind, const json& given, std::vector<double> ours) {
    cases_.push_back({kind, given});
    ours_.push_back(std::move(ours));
  }

  // Each number of ours to 1e-9 of theirs, and to 1e-9 of 1 where that is smaller.
  void Compare(const std::string& python) const {
    const std::string program = testing::TempDir() + "/statistics.py", in = testing::TempDir() + "/cases.json";
    const std::string out = testing::TempDir() + "/expected.json";
    ASSERT_TRUE(WriteFileAtomically(program, kProgram).ok() && WriteFileAtomically(in, cases_.dump()).ok());
    const std::string command = fmt::format("'{}' '{}' '{}' '{}'", python, program, in, out);
    const int status = std::system(command.c_str());
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << python << " lacks the packages scipy and statsmodels";
    ASSERT_EQ(status, 0) << command;
    const json expected = json::parse(*ReadFile(out));
    ASSERT_EQ(expected.size(), ours_.size());
    for (size_t i = 0; i < ours_.size(); ++i) {
      ASSERT_EQ(expected[i].size(), ours_[i].size());
      for (size_t k = 0; k < ours_[i].size(); ++k) {
        ASSERT_TRUE(expected[i][k].is_number()) << cases_[i].dump().substr(0, 300) << " " << k;
        const double theirs = expected[i][k];
        EXPECT_NEAR(ours_[i][k], theirs, 1e-9 * std::max(1.0, std::abs(theirs))) << cases_[i].dump().substr(0, 300) << " " << k;
      }
    }
  }

 private:
  json cases_ = json::array();
  std::vector<std::vector<double>> ours_;
};

class Random {
 public:
  double Normal() { return std::normal_distribution<double>()(engine_); }
  double Uniform() { return std::uniform_real_distribution<double>()(engine_); }
  int Integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  // Accuracies around `middle`.
  std::vector<double> Values(int n, double middle, double spread) {
    std::vector<double> values(n);
    for (double& value : values) value = middle + spread * Normal();
    return values;
  }

 private:
  std::mt19937_64 engine_{20261122};
};

BySeed Numbered(const std::vector<double>& values) {
  BySeed by_seed;
  for (size_t i = 0; i < values.size(); ++i) by_seed[static_cast<int64_t>(i)] = values[i];
  return by_seed;
}

void AddSeeds(Random& random, Cases& cases) {
  for (int i = 0; i < 40; ++i) {
    const int n = random.Integer(3, 40);
    const std::vector<double> x = random.Values(n, 0.9, 0.01), y = random.Values(n, 0.89, 0.02);
    const Estimate mean = Mean(x), difference = PairedDifference(Numbered(x), Numbered(y));
    cases.Add("mean", {x}, {mean.mean, mean.deviation, mean.low(), mean.high()});
    cases.Add("paired", {x, y}, {PValue(difference), EffectSize(difference)});
    const std::vector<double> means = BootstrapMeans(x, {999, static_cast<uint64_t>(i)});
    const Interval interval = BcaInterval(x, means);
    cases.Add("bca", {x, means}, {interval.low, interval.high});
  }
}

void AddPower(Random& random, Cases& cases) {
  for (int i = 0; i < 12; ++i) {
    const int n = i < 3 ? i + 2 : random.Integer(2, 60);
    const double effect = 0.2 + 2 * random.Uniform();
    const int needed = SeedsNeeded(effect);
    cases.Add("power", {effect, n, SmallestEffect(n), needed}, {PairedPower(effect, n), kPower, 1, 1});
  }
}

void AddPredictions(Random& random, Cases& cases) {
  for (int i = 0; i < 10; ++i) {
    const int n = 50 + 80 * i;
    std::vector<double> first(n), second(n), differences(n);
    std::vector<bool> first_right(n), second_right(n);
    for (int k = 0; k < n; ++k) {
      first[k] = first_right[k] = random.Uniform() < 0.9;
      second[k] = second_right[k] = random.Uniform() < 0.8 + 0.02 * i;
      differences[k] = first[k] - second[k];
    }
    const McNemarResult exact = McNemar(first_right, second_right);
    cases.Add("mcnemar", {exact.only_first, exact.only_second}, {exact.p});
    const BootstrapOptions options{500, 7};
    const PairedBootstrapResult result = PairedBootstrap(first, second, options);
    const std::vector<double> means = BootstrapMeans(differences, options);
    cases.Add("resampled_p", {differences, means}, {result.p});
    cases.Add("bca", {differences, means}, {result.interval.low, result.interval.high});
  }
}

void AddCorrections(Random& random, Cases& cases) {
  for (int i = 0; i < 20; ++i) {
    std::vector<double> p(random.Integer(1, 30));
    for (double& value : p) value = std::pow(random.Uniform(), 4);
    if (p.size() > 2) p[1] = p[2];
    cases.Add("corrected", {p, "holm"}, Holm(p));
    cases.Add("corrected", {p, "fdr_bh"}, BenjaminiHochberg(p));
  }
}

void AddDistributions(Random& random, Cases& cases) {
  for (int i = 0; i < 50; ++i) {
    const double z = 3 * random.Normal(), share = random.Uniform(), t = std::abs(z), degrees = random.Integer(1, 100);
    cases.Add("distributions", {z, share, t, degrees},
              {NormalShare(z), NormalQuantile(share), StudentTail(t, degrees), StudentQuantile(0.5 + share / 2, degrees)});
  }
}

TEST(StatisticsPython, AreThoseOfSciPyAndStatsmodels) {
  const char* const python = std::getenv("ABLATE_PYTHON");
  if (python == nullptr) GTEST_SKIP() << "ABLATE_PYTHON, a python3 with the packages scipy and statsmodels, is not set";
  Random random;
  Cases cases;
  AddSeeds(random, cases);
  AddPower(random, cases);
  AddPredictions(random, cases);
  AddCorrections(random, cases);
  AddDistributions(random, cases);
  cases.Compare(python);
}

}  // namespace
}  // namespace ablate::analysis
