package lambda

import (
	"maps"
	"slices"
	"strconv"
	"time"
)

// variables is the whole environment of a function's process: what Lambda sets for an OS-only runtime ("Defined runtime
// environment variables", Lambda Developer Guide), the sandbox's own, and the configured ones. Nothing is inherited.
func (s *Service) variables(e *environment, platform map[string]string) []string {
	f := e.blueprint.function
	all := map[string]string{
		"PATH":                            "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"LD_LIBRARY_PATH":                 "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
		"LANG":                            "en_US.UTF-8",
		"TZ":                              ":UTC",
		"_HANDLER":                        f.Handler,
		"LAMBDA_TASK_ROOT":                e.blueprint.taskRoot,
		"LAMBDA_RUNTIME_DIR":              "/var/runtime",
		"AWS_REGION":                      s.env.Name,
		"AWS_DEFAULT_REGION":              s.env.Name,
		"AWS_ACCESS_KEY_ID":               e.credentials.AccessKeyID,
		"AWS_SECRET_ACCESS_KEY":           e.credentials.SecretAccessKey,
		"AWS_SESSION_TOKEN":               e.credentials.SessionToken,
		"AWS_LAMBDA_FUNCTION_NAME":        f.Name,
		"AWS_LAMBDA_FUNCTION_VERSION":     version,
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": strconv.Itoa(f.MemorySize),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       f.Logging.LogGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      e.logs.name,
		"AWS_LAMBDA_LOG_FORMAT":           f.Logging.LogFormat,
	}
	maps.Copy(all, platform)
	for name, value := range f.variables() {
		all[name] = s.scaled(name, value)
	}
	list := make([]string, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, name+"="+all[name])
	}
	return list
}

// scaled divides a duration that the function will measure by the wall.
func (s *Service) scaled(name, value string) string {
	if s.env.Clock.Speed() == 1 || !slices.Contains(s.deps.ScaledVariables, name) {
		return value
	}
	d, err := time.ParseDuration(value)
	if err != nil {
		return value // for the function to refuse
	}
	return s.env.Clock.Wall(d).String()
}
