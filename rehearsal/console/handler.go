package console

import (
	"embed"
	"encoding/json"
	"html/template"
	"net/http"

	"aurora-dsql-dr/rehearsal/fault"
)

//go:embed static
var static embed.FS

//go:embed index.html
var index string

var indexPage = template.Must(template.New("index.html").Parse(index))

// maxRequest bounds the body of a request.
const maxRequest = 64 << 10

// handler is the whole server. Requests with GET change nothing.
func (c *Console) handler(address string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", c.page)
	mux.Handle("GET /static/", http.FileServerFS(static))
	mux.HandleFunc("GET /events", c.stream)
	mux.HandleFunc("POST /faults", c.sameOrigin(c.injectFault))
	mux.HandleFunc("POST /faults/undo", c.sameOrigin(c.undoFault))
	mux.HandleFunc("POST /faults/undo-all", c.sameOrigin(c.undoAllFaults))
	mux.HandleFunc("POST /rehearsals", c.sameOrigin(c.startRehearsal))
	mux.HandleFunc("POST /rehearsals/stop", c.sameOrigin(c.stopRehearsal))
	return guard(address, mux)
}

func (c *Console) page(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = indexPage.Execute(w, map[string]string{
		"Token":       c.token,
		"TokenHeader": tokenHeader,
	}) // fails only with the connection
}

func (c *Console) injectFault(w http.ResponseWriter, r *http.Request) {
	var spec fault.Spec
	c.act(w, r, &spec, func() error {
		_, err := c.config.Faults.Inject(spec)
		return err
	})
}

func (c *Console) undoFault(w http.ResponseWriter, r *http.Request) {
	var request struct {
		ID int `json:"id"`
	}
	c.act(w, r, &request, func() error { return c.config.Faults.Undo(request.ID) })
}

func (c *Console) undoAllFaults(w http.ResponseWriter, r *http.Request) {
	c.act(w, r, &struct{}{}, c.config.Faults.UndoAll)
}

func (c *Console) startRehearsal(w http.ResponseWriter, r *http.Request) {
	var request struct {
		Name string `json:"name"`
	}
	c.act(w, r, &request, func() error { return c.stage.start(request.Name) })
}

func (c *Console) stopRehearsal(w http.ResponseWriter, r *http.Request) {
	c.act(w, r, &struct{}{}, func() error {
		c.stage.stop()
		return nil
	})
}

// act reads the request, does what it asks and shows the page the result at once.
func (c *Console) act(w http.ResponseWriter, r *http.Request, request any, do func() error) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(request); err != nil {
		fail(w, http.StatusBadRequest, "The request cannot be read: "+err.Error())
		return
	}
	if err := do(); err != nil {
		fail(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	c.refreshNow()
	w.WriteHeader(http.StatusNoContent)
}

// fail answers with an error for the person at the page.
func fail(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": message}) // fails only with the connection
}
