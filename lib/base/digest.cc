#include "lib/base/digest.h"

#include <openssl/evp.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/escaping.h"
#include "fmt/format.h"

namespace ablate {
namespace {

class Sha256State {
 public:
  Sha256State() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
  void Add(const void* data, size_t bytes) { EVP_DigestUpdate(context_.get(), data, bytes); }
  std::string Hex() {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    EVP_DigestFinal_ex(context_.get(), digest, &bytes);
    return absl::BytesToHexString(absl::string_view(reinterpret_cast<const char*>(digest), bytes));
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

std::string Sha256(std::string_view content) {
  Sha256State state;
  state.Add(content.data(), content.size());
  return state.Hex();
}

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
  if (file == nullptr) return absl::NotFoundError(fmt::format("{}: can't open: {}", path, std::strerror(errno)));
  Sha256State state;
  std::vector<char> piece(1 << 18);
  while (const size_t got = std::fread(piece.data(), 1, piece.size(), file.get())) state.Add(piece.data(), got);
  if (std::ferror(file.get())) return absl::UnavailableError(fmt::format("{}: can't read", path));
  return state.Hex();
}

}  // namespace ablate
