package main

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/auth"
	"github.com/modelcontextprotocol/go-sdk/mcp"
	"github.com/modelcontextprotocol/go-sdk/oauthex"
)

type said struct {
	Message string `json:"message"`
}

func echo(_ context.Context, _ *mcp.CallToolRequest, args said) (*mcp.CallToolResult, any, error) {
	return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: args.Message}}}, nil, nil
}

func goSessions(mux *http.ServeMux, p *place, origin string)  { goSDK(mux, p, origin, false) }
func goStateless(mux *http.ServeMux, p *place, origin string) { goSDK(mux, p, origin, true) }

// goSDK serves the SDK's streamable HTTP behind its own bearer middleware.
func goSDK(mux *http.ServeMux, p *place, origin string, stateless bool) {
	const metadata = "/.well-known/oauth-protected-resource/mcp"

	server := mcp.NewServer(&mcp.Implementation{Name: "interop", Version: "1"}, nil)
	mcp.AddTool(server, &mcp.Tool{Name: "echo", Description: "Says it again"}, echo)
	handler := mcp.NewStreamableHTTPHandler(func(*http.Request) *mcp.Server { return server },
		&mcp.StreamableHTTPOptions{Stateless: stateless})
	verify := func(_ context.Context, token string, _ *http.Request) (*auth.TokenInfo, error) {
		found, err := p.verify(token)
		if err != nil {
			return nil, errors.Join(auth.ErrInvalidToken, err)
		}
		return &auth.TokenInfo{Scopes: strings.Fields(found.Scope), UserID: found.Subject,
			Expiration: found.Expiry.Time()}, nil
	}
	guard := auth.RequireBearerToken(verify, &auth.RequireBearerTokenOptions{
		ResourceMetadataURL: origin + metadata, Scopes: scopes})
	mux.Handle("/mcp", guard(handler))
	mux.Handle(metadata, auth.ProtectedResourceMetadataHandler(&oauthex.ProtectedResourceMetadata{
		Resource: p.resource, AuthorizationServers: []string{p.issuer}, ScopesSupported: scopes}))
}
