// Another process for a test: opens streams of FetchX509Bundles on one connection, and says on its standard output, by
// a byte for each, what has come.
//   cost_subscribers TARGET STREAMS
#include <grpcpp/grpcpp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "spiffe/workload/workload.grpc.pb.h"

namespace {

bool say(char what) { return ::write(STDOUT_FILENO, &what, 1) == 1; }

void read_all(SpiffeWorkloadAPI::Stub& stub) {
  grpc::ClientContext context;
  context.AddMetadata("workload.spiffe.io", "true");
  const auto stream = stub.FetchX509Bundles(&context, X509BundlesRequest());
  X509BundlesResponse response;
  while (stream->Read(&response) && say('u')) {
  }
  stream->Finish();
  say('x');
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count != 3) return 2;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const auto channel = grpc::CreateChannel(arguments[1], grpc::InsecureChannelCredentials());
  const auto stub = SpiffeWorkloadAPI::NewStub(channel);
  std::vector<std::thread> readers;
  for (int i = 0; i < std::stoi(arguments[2]); ++i) readers.emplace_back([&stub] { read_all(*stub); });
  for (std::thread& reader : readers) reader.join();
  return 0;
}
