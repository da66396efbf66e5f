// Uses each feature of python_servers/everything.py, and prints what came: over stdio through the
// bridge, or over HTTP without it.  Settings: {"era", "command": [...]} or {"era", "url"}.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const patience = 10 * time.Second

type seenMap map[string]any

// What differs from run to run, or from era to era, is left out.
var own = map[string]bool{"_meta": true, "resultType": true, "ttlMs": true, "cacheScope": true, "title": true}

func strip(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, inner := range value {
			if own[name] {
				delete(value, name)
			} else {
				value[name] = strip(inner)
			}
		}
	case []any:
		for i := range value {
			value[i] = strip(value[i])
		}
	}
	return value
}

func plain(value any) any {
	text, err := json.Marshal(value)
	var read any
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil {
		return err.Error()
	}
	return strip(read)
}

type ear struct {
	sync.Mutex
	heard   []any
	more    chan bool
	changed chan string
	begun   chan bool
}

func (e *ear) hear(what ...any) {
	e.Lock()
	defer e.Unlock()
	e.heard = append(e.heard, plain(what))
	e.more <- true
}

// The SDK hears what came before a result beside it, and maybe later: so many are waited for.
func (e *ear) take(count int) []any {
	for late := time.After(patience); count > 0; count-- {
		select {
		case <-e.more:
		case <-late:
			count = 0
		}
	}
	e.Lock()
	defer e.Unlock()
	heard := e.heard
	e.heard = nil
	return heard
}

func (e *ear) options() *mcp.ClientOptions {
	return &mcp.ClientOptions{
		ElicitationHandler: func(_ context.Context, r *mcp.ElicitRequest) (*mcp.ElicitResult, error) {
			e.hear("asked", r.Params.Message, r.Params.RequestedSchema)
			return &mcp.ElicitResult{Action: "accept", Content: map[string]any{"name": "grüße", "age": 8}}, nil
		},
		CreateMessageHandler: func(_ context.Context, r *mcp.CreateMessageRequest) (*mcp.CreateMessageResult, error) {
			e.hear("sampled", r.Params.MaxTokens)
			return &mcp.CreateMessageResult{Role: "assistant", Model: "m", Content: &mcp.TextContent{Text: "x"}}, nil
		},
		LoggingMessageHandler: func(_ context.Context, r *mcp.LoggingMessageRequest) {
			e.hear("log", r.Params.Level, r.Params.Data)
		},
		ProgressNotificationHandler: func(_ context.Context, r *mcp.ProgressNotificationClientRequest) {
			e.hear("progress", r.Params.Progress, r.Params.Total, r.Params.Message)
			select {
			case e.begun <- true:
			default:
			}
		},
		ToolListChangedHandler: func(context.Context, *mcp.ToolListChangedRequest) { e.changed <- "tools" },
	}
}

type user struct {
	*mcp.ClientSession
	*ear
	seen seenMap
}

func use[P, R any](u *user, name string, count int, method func(context.Context, P) (R, error), params P) {
	ctx, end := context.WithTimeout(context.Background(), patience)
	defer end()
	result, err := method(ctx, params)
	if err != nil {
		u.seen[name] = "error"
	} else {
		u.seen[name] = plain(result)
	}
	if heard := u.take(count); heard != nil {
		u.seen[name+", heard"] = heard
	}
}

func (u *user) call(name string, count int, arguments map[string]any) {
	params := &mcp.CallToolParams{Name: name, Arguments: arguments}
	params.SetProgressToken("token of " + name)
	use(u, "call "+name, count, u.CallTool, params)
}

func (u *user) all() {
	use(u, "tools", 0, u.ListTools, nil)
	use(u, "prompts", 0, u.ListPrompts, nil)
	use(u, "resources", 0, u.ListResources, nil)
	use(u, "templates", 0, u.ListResourceTemplates, nil)
	u.call("add", 0, map[string]any{"a": 1, "b": 2})
	u.call("steps", 3, map[string]any{"count": 3})
	u.call("ask", 1, map[string]any{"of": "it"})
	u.call("model", 1, map[string]any{})
	for _, name := range []string{"folders", "fails", "no_such"} {
		u.call(name, 0, map[string]any{})
	}
	use(u, "prompt", 0, u.GetPrompt, &mcp.GetPromptParams{Name: "greet", Arguments: map[string]string{"name": "Ü"}})
	for _, uri := range []string{"note://one", "blob://one", "note://by/x", "no:such"} {
		use(u, uri, 0, u.ReadResource, &mcp.ReadResourceParams{URI: uri})
	}
	use(u, "complete", 0, u.Complete, &mcp.CompleteParams{Ref: &mcp.CompleteReference{Type: "ref/prompt", Name: "greet"},
		Argument: mcp.CompleteParamsArgument{Name: "name", Value: "v"}})
}

// A call that goes on is given up, and the next one is answered.
func (u *user) cancel() {
	ctx, end := context.WithTimeout(context.Background(), patience)
	over := make(chan error)
	for len(u.begun) > 0 {
		<-u.begun
	}
	go func() {
		params := &mcp.CallToolParams{Name: "stays"}
		params.SetProgressToken("stays")
		_, err := u.CallTool(ctx, params)
		over <- err
	}()
	<-u.begun
	end()
	u.seen["cancelled"] = strings.Contains(fmt.Sprint(<-over), "context canceled")
	u.take(1)
	u.call("add", 0, map[string]any{"a": 3, "b": 4})
}

func (u *user) change() {
	_, err := u.CallTool(context.Background(), &mcp.CallToolParams{Name: "changes"})
	select {
	case what := <-u.changed:
		u.seen["changed"] = what
	case <-time.After(patience):
		u.seen["changed"] = fmt.Sprint("nothing ", err)
	}
}

func everything(text string) {
	var settings struct {
		Era, URL string
		Command  []string
	}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		panic(err)
	}
	var transport mcp.Transport = &mcp.StreamableClientTransport{Endpoint: settings.URL}
	if settings.Command != nil {
		transport = &mcp.CommandTransport{Command: exec.Command(settings.Command[0], settings.Command[1:]...)}
	}
	ear := &ear{more: make(chan bool, 100), changed: make(chan string, 100), begun: make(chan bool, 1)}
	client := mcp.NewClient(&mcp.Implementation{Name: "everything", Version: "1"}, ear.options())
	client.AddRoots(&mcp.Root{URI: "file:///a"})
	session, err := client.Connect(context.Background(), transport,
		&mcp.ClientSessionOptions{ProtocolVersion: settings.Era})
	if err != nil {
		panic(err)
	}
	u := &user{session, ear, seenMap{"version": session.InitializeResult().ProtocolVersion}}
	u.all()
	u.cancel()
	u.change()
	if err := json.NewEncoder(os.Stdout).Encode(u.seen); err != nil {
		panic(err)
	}
	session.Close()
}
