#include <cstdio>
#include <string>

std::string complaint_about_release(const char* release);

int main() {
  std::puts(complaint_about_release("1.0").c_str());
}
