#include "lib/attention/catalogue.h"

#include "lib/attention/balance_feasibility.h"
#include "lib/attention/balance_forms.h"
#include "lib/normalizers/catalogue.h"

namespace ablate::attention {
namespace {

constexpr char kSeesLater[] = "lets a query's weights depend on later queries; allowed in a decoder: ";

std::string RowwiseNormalizers() {
  std::string names;
  for (const normalizers::Entry& entry : normalizers::Catalogue()) {
    if (!entry.couples_rows) names += (names.empty() ? "" : ", ") + entry.name;
  }
  return names;
}

bool LooksAtWholeMaps(const Sparsity& sparsity) {
  return sparsity.structure() == Sparsity::PER_HEAD || sparsity.structure() == Sparsity::BLOCK;
}

}  // namespace

const char* Name(Kind kind) {
  switch (kind) {
    case Kind::kEncoder:
      return "encoder";
    case Kind::kDecoder:
      return "decoder";
    case Kind::kCross:
      break;
  }
  return "cross";
}

std::vector<Kind> KindsOf(const Model& model) {
  switch (model.kind_case()) {
    case Model::kEncoder:
      return {Kind::kEncoder};
    case Model::kSequenceToSequence:
      return {Kind::kEncoder, Kind::kDecoder, Kind::kCross};
    case Model::kDecoder:
      return {Kind::kDecoder};
    case Model::KIND_NOT_SET:
      break;
  }
  return {};
}

const char* FieldOf(const Model& model, Kind kind) {
  if (!model.has_sequence_to_sequence() || kind == Kind::kEncoder) return "attention";
  return kind == Kind::kDecoder ? "decoder_attention" : "cross_attention";
}

Attention SettingsOf(const Trial& trial, Kind kind) {
  Attention settings = trial.attention();
  if (!trial.model().has_sequence_to_sequence() || kind == Kind::kEncoder) return settings;
  settings.MergeFrom(kind == Kind::kDecoder ? trial.decoder_attention() : trial.cross_attention());
  return settings;
}

std::vector<Obstacle> Obstacles(const Attention& settings, Kind kind) {
  std::vector<Obstacle> obstacles;
  if (const std::string why = WhyInfeasible(settings); !why.empty()) {
    obstacles.push_back({"sparsity.structure", Sparsity::Structure_Name(settings.sparsity().structure()), why});
  }
  if (kind == Kind::kEncoder) return obstacles;
  const normalizers::Entry* const normalizer = normalizers::FindEntry(settings.normalizer());
  if (normalizer != nullptr && normalizer->couples_rows) {
    obstacles.push_back({"normalizer", settings.normalizer(), kSeesLater + RowwiseNormalizers()});
  }
  const Sparsity& sparsity = settings.sparsity();
  if (LooksAtWholeMaps(sparsity)) {
    obstacles.push_back({"sparsity.structure", Sparsity::Structure_Name(sparsity.structure()),
                         std::string(kSeesLater) + "all but PER_HEAD and BLOCK"});
  }
  const bool imposed = sparsity.structure() != Sparsity::NONE;
  if (imposed && kind == Kind::kDecoder && sparsity.basis() == Sparsity::PADDED_LENGTH) {
    obstacles.push_back({"sparsity.basis", "PADDED_LENGTH",
                         "has no meaning while a target is written token by token; allowed in a decoder: TRUE_LENGTH"});
  }
  if (imposed && kind == Kind::kCross && sparsity.protect() == Sparsity::SELF) {
    obstacles.push_back({"sparsity.protect", "SELF",
                         "has no meaning where keys are of another sequence than queries; allowed: NOTHING, FIRST_TOKEN"});
  }
  const Balance& balance = settings.balance();
  // Of rows alone a threshold is a function of its own row, and so is K where it is no share of the length.
  const bool rowwise = !BalancesColumns(balance) && balance.share() == 1 && balance.k_ramp_share() == 0;
  const bool constructs = IsBalanced(settings) && (IsByConstruction(settings) || balance.project_evaluation());
  if (kind == Kind::kDecoder && constructs && !rowwise) {
    const bool form = IsByConstruction(settings);
    obstacles.push_back(
        {form ? "balance.form" : "balance.project_evaluation", form ? Balance::Form_Name(balance.form()) : "true",
         std::string(kSeesLater) +
             (form ? "forms that are losses, ORACLE_TOP_K, PROJECTION with sides ROWS, both without a share" : "false")});
  }
  if (kind == Kind::kCross && balance.k() > 0) {
    obstacles.push_back(
        {"balance.k", std::to_string(balance.k()), "can't hold where queries and keys differ in number; allowed: 0"});
  }
  return obstacles;
}

}  // namespace ablate::attention
