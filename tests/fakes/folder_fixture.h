// What tests that need files act in: a folder of their own, gone with the test.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/string_view.h"

namespace sextant {

class FolderFixture : public testing::Test {
 protected:
  FolderFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sextant_test.XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~FolderFixture() override { std::filesystem::remove_all(folder_); }

  // `name` may lead through folders, which are made. Returns the file's path.
  std::string Write(const std::string& name, absl::string_view text) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  std::filesystem::path folder_;
};

}  // namespace sextant
