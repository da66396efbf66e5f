// A protected MCP server from C++17.
//
//     c++ -std=c++17 cpp.cc $(pkg-config --cflags --libs mcpass)
//     ./a.out https://mcp.example.com/mcp
#include <mcpass/link.h>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

class Error : public std::runtime_error {
public:
	explicit Error(const mcpass_error &err) : std::runtime_error(err.detail), hint(err.hint), code(err.rc) {}
	std::string hint;
	mcpass_rc code;         // code / 100 says who has to act
};

struct Closer {
	void operator()(mcpass_link *link) const { mcpass_link_close(link); }
};

class Server {
public:
	explicit Server(std::string url) : url_(std::move(url))
	{
		client_.size = sizeof(client_);
		client_.server_url = url_.c_str();
		client_.client_name = "an example";
		client_.flags = MCPASS_LOOPBACK_HTTP;
		cfg_.size = sizeof(cfg_);
		cfg_.client = &client_;
		mcpass_error err;
		mcpass_link *link = nullptr;
		if (mcpass_link_new(&cfg_, &link, &err) != MCPASS_OK)
			throw Error(err);
		link_.reset(link);
	}
	// What the configuration points at has to stay where it is.
	Server(const Server &) = delete;
	Server &operator=(const Server &) = delete;

	// The result of one request, JSON.
	std::string call(const std::string &method, const std::string &params)
	{
		mcpass_error err;
		char *json = nullptr;
		int is_error = 0;
		if (mcpass_link_call(link_.get(), method.c_str(), params.c_str(), &json, &is_error, &err) != MCPASS_OK)
			throw Error(err);
		std::unique_ptr<char, decltype(&std::free)> text(json, std::free);
		if (is_error)
			throw std::runtime_error(text.get());
		return text.get();
	}

private:
	std::string url_;
	mcpass_client_config client_{};
	mcpass_link_config cfg_{};
	std::unique_ptr<mcpass_link, Closer> link_;
};

} // namespace

int main(int argc, char **argv)
try {
	Server server(argc == 2 ? argv[1] : "");
	std::cout << server.call("tools/call", R"({"name": "echo", "arguments": {"message": "hello"}})") << '\n';
} catch (const Error &error) {
	std::cerr << error.what() << '\n' << error.hint << '\n';
	return error.code / 100;
} catch (const std::exception &error) {
	std::cerr << error.what() << '\n';
	return 1;
}
