// The client of the Go SDK with its AuthorizationCodeHandler.  One line of JSON on standard input
// is a command, one line on standard output its answer.  No rule of OAuth is in here.  With an
// argument it is everything.go instead.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"time"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
	"golang.org/x/oauth2"
)

// What a restart needs.
type store struct {
	Port   int
	Config *oauth2.Config
	Token  *oauth2.Token
	Scope  string
	source oauth2.TokenSource
}

func (s *store) save() error {
	text, err := json.Marshal(s)
	if err == nil {
		err = os.WriteFile(os.Getenv("GLUE_STORE"), text, 0o600)
	}
	return err
}

func (s *store) keep(token *oauth2.Token) error {
	s.Token = token
	if scope, said := token.Extra("scope").(string); said {
		s.Scope = scope
	}
	return s.save()
}

func (s *store) use(ctx context.Context, config *oauth2.Config, token *oauth2.Token) error {
	s.Config, s.source = config, config.TokenSource(ctx, token)
	return s.keep(token)
}

// The oauth2.TokenSource that writes down what is new.
type source struct{ *store }

func (s source) Token() (*oauth2.Token, error) {
	token, err := s.source.Token()
	if err == nil && token.AccessToken != s.store.Token.AccessToken {
		err = s.keep(token)
	}
	return token, err
}

var redirects = make(chan url.Values)

func browse(ctx context.Context, args *auth.AuthorizationArgs) (*auth.AuthorizationResult, error) {
	if err := exec.Command(os.Getenv("BROWSER"), args.URL).Start(); err != nil {
		return nil, err
	}
	query := <-redirects
	if query.Get("error") != "" {
		return nil, fmt.Errorf("refused: %s %s", query.Get("error"), query.Get("error_description"))
	}
	return &auth.AuthorizationResult{Code: query.Get("code"), State: query.Get("state"),
		Iss: query.Get("iss")}, nil
}

func listen(kept *store) (string, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", kept.Port))
	if err != nil {
		return "", err
	}
	kept.Port = listener.Addr().(*net.TCPAddr).Port
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "Back to the program.")
		redirects <- r.URL.Query()
	}))
	return fmt.Sprintf("http://127.0.0.1:%d/callback", kept.Port), nil
}

func connect(ctx context.Context, kept *store, callback, server string) (*mcp.ClientSession, error) {
	config := &auth.AuthorizationCodeHandlerConfig{
		RedirectURL: callback, AuthorizationCodeFetcher: browse,
		DynamicClientRegistrationConfig: &auth.DynamicClientRegistrationConfig{
			Metadata: &oauthex.ClientRegistrationMetadata{
				ClientName: os.Getenv("GLUE_NAME"), RedirectURIs: []string{callback},
				GrantTypes:              []string{"authorization_code", "refresh_token"},
				TokenEndpointAuthMethod: "none",
			}},
		NewTokenSource: func(ctx context.Context, config *oauth2.Config, token *oauth2.Token) (oauth2.TokenSource, error) {
			return source{kept}, kept.use(ctx, config, token)
		},
	}
	if kept.Token != nil {
		if err := kept.use(ctx, kept.Config, kept.Token); err != nil {
			return nil, err
		}
		config.InitialTokenSource = source{kept}
	}
	handler, err := auth.NewAuthorizationCodeHandler(config)
	if err != nil {
		return nil, err
	}
	client := mcp.NewClient(&mcp.Implementation{Name: os.Getenv("GLUE_NAME"), Version: "1"}, nil)
	var options *mcp.ClientSessionOptions
	if era := os.Getenv("GLUE_ERA"); era != "" {
		options = &mcp.ClientSessionOptions{ProtocolVersion: era}
	}
	return client.Connect(ctx, &mcp.StreamableClientTransport{Endpoint: server, OAuthHandler: handler},
		options)
}

// Never a token: what a test may compare is a digest.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:8])
}

type command struct {
	Do, URL, Name string
	Arguments     map[string]any
}

func (c command) text() map[string]string {
	texts := map[string]string{}
	for name, value := range c.Arguments {
		texts[name] = fmt.Sprint(value)
	}
	return texts
}

type conversation struct {
	kept     *store
	callback string
	session  *mcp.ClientSession
}

func (c *conversation) ask(ctx context.Context, command command) (any, error) {
	switch command.Do {
	case "connect":
		session, err := connect(ctx, c.kept, c.callback, command.URL)
		if err != nil {
			return nil, err
		}
		c.session = session
		said := session.InitializeResult()
		return map[string]string{"server": said.ServerInfo.Name, "version": said.ProtocolVersion}, nil
	case "tools":
		found, err := c.session.ListTools(ctx, nil)
		names := []string{}
		for i := 0; err == nil && i < len(found.Tools); i++ {
			names = append(names, found.Tools[i].Name)
		}
		return names, err
	case "call":
		said, err := c.session.CallTool(ctx, &mcp.CallToolParams{Name: command.Name,
			Arguments: command.Arguments})
		if err != nil {
			return nil, err
		}
		return said.Content[0].(*mcp.TextContent).Text, nil
	case "prompts":
		found, err := c.session.ListPrompts(ctx, nil)
		names := []string{}
		for i := 0; err == nil && i < len(found.Prompts); i++ {
			names = append(names, found.Prompts[i].Name)
		}
		return names, err
	case "prompt":
		said, err := c.session.GetPrompt(ctx, &mcp.GetPromptParams{Name: command.Name,
			Arguments: command.text()})
		if err != nil {
			return nil, err
		}
		return said.Messages[0].Content.(*mcp.TextContent).Text, nil
	case "tokens":
		return map[string]any{"scope": c.kept.Scope, "client_id": c.kept.Config.ClientID,
			"access": digest(c.kept.Token.AccessToken), "refresh": digest(c.kept.Token.RefreshToken)}, nil
	case "spoil": // it refreshes what has expired, not what was refused
		return nil, c.kept.use(ctx, c.kept.Config, &oauth2.Token{AccessToken: c.kept.Token.AccessToken,
			RefreshToken: c.kept.Token.RefreshToken, Expiry: time.Unix(1, 0)})
	}
	return nil, fmt.Errorf("%s: no such command", command.Do)
}

func main() {
	if len(os.Args) > 1 {
		everything(os.Args[1])
		return
	}
	kept := &store{}
	if text, err := os.ReadFile(os.Getenv("GLUE_STORE")); err == nil {
		if err := json.Unmarshal(text, kept); err != nil {
			panic(err)
		}
	}
	callback, err := listen(kept)
	if err != nil {
		panic(err)
	}
	talk := &conversation{kept: kept, callback: callback}
	lines, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var command command
		if err := json.Unmarshal(lines.Bytes(), &command); err != nil {
			panic(err)
		}
		result, err := talk.ask(context.Background(), command)
		if err != nil {
			out.Encode(map[string]string{"error": err.Error()})
			continue
		}
		out.Encode(map[string]any{"result": result})
	}
	if talk.session != nil {
		talk.session.Close()
	}
}
