package stack

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// command is a command of the AWS CLI, a question of dig, or the shell variable of one, as a page shows it.
type command struct {
	line   int
	text   string // as the shell takes it, but for what the reader puts in
	answer string // that the page shows
	wrong  bool   // the page says that it does not work
}

// commandsOf finds the commands of a page: in blocks of the shell, after the prompts of a console, and in sentences.
func commandsOf(page string) []command {
	r := reader{}
	for i, line := range strings.Split(page, "\n") {
		r.read(i+1, line)
	}
	found := slices.Concat(r.found, inline(strings.Join(r.prose, "\n")))
	found = slices.DeleteFunc(found, func(c command) bool { return !relevant.MatchString(c.text) })
	slices.SortStableFunc(found, func(a, b command) int { return a.line - b.line })
	return found
}

var (
	// relevant is what calls the CLI, and what it needs of the lines before.
	relevant = regexp.MustCompile(`(^|[^a-z-])aws [a-z]|^aws\(\)|^dig |^[A-Z]+=(\S+|"[^"]*")$`)
	span     = regexp.MustCompile("`(aws [^`]+)`")
)

// reader reads a page line by line.
type reader struct {
	found  []command
	prose  []string // the page with its blocks left empty
	fence  string   // "sh" or "console" within such a block, else what the block has
	inside bool
	open   bool // the latest command goes on
}

func (r *reader) read(number int, line string) {
	text := strings.TrimSpace(line)
	if fence, isFence := strings.CutPrefix(text, "```"); isFence {
		r.inside, r.fence, r.open = !r.inside, fence, false
	}
	switch {
	case !r.inside:
		r.prose = append(r.prose, line)
		return
	case r.open:
		r.add(&r.found[len(r.found)-1].text, text)
		r.open = unfinished(r.found[len(r.found)-1].text)
	case r.fence == "console" && strings.HasPrefix(text, "$ "):
		r.begin(number, strings.TrimPrefix(text, "$ "))
	case r.fence == "console" && len(r.found) > 0:
		r.add(&r.found[len(r.found)-1].answer, text)
	case r.fence == "sh" && text != "" && text[0] != '#' && text != "```sh":
		r.begin(number, text)
	}
	r.prose = append(r.prose, "")
}

func (r *reader) begin(number int, text string) {
	r.found = append(r.found, command{line: number, text: text})
	r.open = unfinished(text)
}

func (r *reader) add(to *string, line string) { *to = strings.TrimPrefix(*to+"\n"+line, "\n") }

// unfinished tells whether the shell waits for more.
func unfinished(text string) bool {
	bare := regexp.MustCompile(`<[^<>]*>`).ReplaceAllString(text, "") // a name may have an apostrophe
	return strings.HasSuffix(text, `\`) || strings.Count(bare, "'")%2 == 1 ||
		strings.HasPrefix(text, "for ") && !strings.HasSuffix(text, "done")
}

// inline finds the commands within sentences; what begins the row of a table is there because it does not work.
func inline(prose string) (found []command) {
	for _, at := range span.FindAllStringSubmatchIndex(prose, -1) {
		before := prose[:at[0]]
		found = append(found, command{
			line:  strings.Count(before, "\n") + 1,
			text:  strings.Join(strings.Fields(prose[at[2]:at[3]]), " "),
			wrong: strings.HasSuffix("\n"+before, "\n| "),
		})
	}
	return found
}

func TestCommandsAreFoundInEveryFormOfAPage(t *testing.T) {
	page := strings.Join([]string{
		"Ask `aws dsql list-clusters --region",
		"us-east-1` first, then:",
		"```console",
		"$ export AWS_REGION=us-east-1",
		`$ aws() { command aws --endpoint-url "$URL" "$@"; }`,
		"$ QUEUE=$(aws sqs list-queues)",
		"$ aws cloudwatch get-metric-data --queries '[",
		`    {"Id": "a"}]' \`,
		"    --output text",
		"{",
		`    "Results": []`,
		"}",
		"$ jq . response.json",
		"$ PGUSER=shop go run .",
		"$ dig @127.0.0.1 pay.example.com",
		`$ WINDOW="--start-time $(date -u -d '1 hour ago')"`,
		"```",
		"1. Do:",
		"   ```sh",
		"   # a comment",
		"   pulumi up",
		"   aws dsql update-cluster --identifier <id> \\",
		"     --properties clusters=<the other cluster's ARN>",
		"   for r in a b; do",
		"     aws kms enable-key --region $r",
		"   done",
		"   ```",
		"| `aws dsql execute-statement` | there is none | `aws dsql list-clusters` |",
	}, "\n")
	assert.Equal(t, []command{
		{line: 1, text: "aws dsql list-clusters --region us-east-1"},
		{line: 5, text: `aws() { command aws --endpoint-url "$URL" "$@"; }`},
		{line: 6, text: "QUEUE=$(aws sqs list-queues)"},
		{
			line:   7,
			text:   "aws cloudwatch get-metric-data --queries '[\n{\"Id\": \"a\"}]' \\\n--output text",
			answer: "{\n\"Results\": []\n}",
		},
		{line: 15, text: "dig @127.0.0.1 pay.example.com"},
		{line: 16, text: `WINDOW="--start-time $(date -u -d '1 hour ago')"`},
		{line: 22, text: "aws dsql update-cluster --identifier <id> \\\n--properties clusters=<the other cluster's ARN>"},
		{line: 24, text: "for r in a b; do\naws kms enable-key --region $r\ndone"},
		{line: 28, text: "aws dsql execute-statement", wrong: true},
		{line: 28, text: "aws dsql list-clusters"},
	}, commandsOf(page))
}
