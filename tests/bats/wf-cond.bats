# wf-cond.bats: is a condition true? The three answers, what is said when there is none, and the rules of types.

load helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
	cat >metrics.json <<-'END'
		[{"key":"accuracy","title":"accuracy","type":"float","data":{"value":0.93}},
		 {"key":"loss","title":"loss","type":"float","data":{"value":0.31}},
		 {"key":"id","title":"id","type":"float","data":{"value":9007199254740993}},
		 {"key":"curve","title":"curve","type":"line chart","data":{"x_axis":[],"y_axis":[]}}]
	END
}

# answer 0|1|2 ARGUMENT...: wf-cond says that and nothing on stderr (of 2: something).
answer() {
	local want=$1 got=0
	shift
	wf-cond "$@" >out 2>err || got=$?
	[ "$got" -eq "$want" ] || fail "wf-cond $* ended with $got, wanted $want: $(cat err)"
	if [ "$want" -eq 2 ]; then [ -s err ]; else [ ! -s err ] || fail "$(cat err)"; fi
}

# says LINE...: that is all that was said.
says() {
	printf '%s\n' "$@" >want
	assert_file_equals err want
}

@test "true is 0, false is 1, not decided is 2" {
	answer 0 -m metrics.json 'accuracy >= 0.8 && loss < 1.5'
	answer 1 -m metrics.json 'accuracy >= 0.95 && loss < 1.5'
	answer 2 -m metrics.json 'accuracy >= 0.8 && f1 < 1.5'
	says "expression:1:20: error: 'f1' is no parameter, and no metrics file has a metric 'f1' [M05]"
}

@test "the expression of the page, with parentheses and a list" {
	answer 0 -m metrics.json 'accuracy >= 0.8 && (loss < 1.5 || accuracy in [0.7, 0.8])'
	answer 0 -m metrics.json 'accuracy in [0.7, 0.930]'
	answer 1 -m metrics.json 'accuracy in [0.7, 0.99]'
	answer 0 -m metrics.json 'accuracy not in [0.7, 0.99]'
}

@test "a misspelt name gets a suggestion" {
	answer 2 -m metrics.json 'acuracy > 0'
	says "expression:1:1: error: 'acuracy' is no parameter, and no metrics file has a metric 'acuracy'; did you mean 'accuracy'? [M05]"
}

@test "what is unknown does not matter where the rest decides, and is still said" {
	wf-cond -m metrics.json 'f1 > 0 || loss < 1' 2>err
	says "expression:1:1: warning: 'f1' is no parameter, and no metrics file has a metric 'f1' [M05]"
	must_fail 1 wf-cond -m metrics.json 'f1 > 0 && loss > 1' 2>err
	must_fail 2 wf-cond -m metrics.json '!(f1 > 0)' 2>err
}

@test "numbers are compared by their text, not as doubles" {
	answer 0 '0.1 == 0.1'
	answer 0 '0.1 == 0.10'
	answer 1 '0.1 == 0.1000000000000000055511151231257827'
	answer 1 '9007199254740993 == 9007199254740992'
	answer 0 -m metrics.json 'id > 9007199254740992'
	answer 1 -m metrics.json 'id == 9007199254740992'
	answer 0 -m metrics.json 'id == 9007199254740993.000'
	answer 0 '1e400 < 1e401'
	answer 0 '18446744073709551616 > 18446744073709551615'
	answer 0 '1e2 == 100'
	answer 0 -- '-0 == 0'
}

@test "an exponent beyond all measure is not decided, and costs no time" {
	answer 2 '1e99999999999999999999 > 1'
	answer 0 '1e999999999999 > 1e999999999998'
}

@test "int and float are numbers; a bool or a string is never one" {
	answer 0 '1 == 1.0'
	must_fail 1 wf-cond 'true == 1' 2>err
	says 'expression:1:6: warning: a bool is never equal to a number [C12]'
	must_fail 1 wf-cond '"1" == 1' 2>err
	says 'expression:1:5: warning: a string is never equal to a number [C12]'
	wf-cond 'true != 1' 2>err
	answer 2 '"1" < 1'
	says 'expression:1:5: error: a string and a number have no order [C11]'
	answer 2 'true > false'
	says "expression:1:6: error: '>' has no meaning for a bool [C11]"
	answer 2 -m metrics.json 'accuracy'
	says 'expression:1:1: error: a number is neither true nor false; compare it with something [C11]'
	answer 0 '"a" < "b"'
	answer 1 '"a" < "B"'
}

@test "a metric that is no float cannot be compared" {
	answer 2 -m metrics.json 'curve > 0'
	says "expression:1:1: error: the metric 'curve' is of type 'line chart'; only a float can be compared [M05]"
}

@test "parameters: a number, a bool, a list, a string; one that is also a metric is asked for" {
	answer 0 -p limit=0.9 -m metrics.json 'accuracy > limit'
	answer 0 -p deploy=true deploy
	answer 1 -p deploy=false deploy
	answer 0 -p 'phases=["dev","test"]' '"dev" in phases'
	answer 0 -p name=True 'name == "True"'
	answer 0 -p 'name="5"' 'name == "5"'
	answer 0 -p a=1 -p a=2 'a == 2'
	answer 2 -p loss=1 -m metrics.json 'loss > 0'
	says "expression:1:1: error: 'loss' is a metric and a parameter: write param:loss for the parameter, or the name of the metrics file before the metric [M05]"
	answer 0 -p loss=1 -m m=metrics.json 'param:loss > m:loss'
	answer 2 'deploy'
	says "expression:1:1: error: 'deploy' is no parameter, and no metrics file was given [M05]"
}

@test "parameters from a file, in both forms" {
	echo '{"limit": 0.930, "phases": ["dev"]}' >p.json
	answer 0 --params p.json -m metrics.json 'accuracy == limit && "dev" in phases'
	echo '[{"name":"limit","value":1}]' >p.json
	answer 1 --params p.json -m metrics.json 'accuracy == limit'
	answer 0 --params p.json -p limit=0 -m metrics.json 'accuracy > limit'
	echo '[{"name":"limit"}]' >p.json
	answer 2 --params p.json 'limit == 1'
	says 'p.json:1:2: error: a parameter in a list is {"name":...,"value":...} [params]'
}

@test "several metrics files: by name, and asked for when both have the key" {
	sed 's/0.93/0.94/' metrics.json >new.json
	answer 0 -m new=new.json -m old=metrics.json 'new:accuracy > old:accuracy'
	answer 2 -m new.json -m metrics.json 'accuracy > 0'
	says 'expression:1:1: error: more than one file has a metric '\''accuracy'\'': give them names, -m NAME=FILE, and write NAME:accuracy [M05]'
	answer 2 -m new=new.json 'nwe:accuracy > 0'
	says "expression:1:1: error: no metrics file has the name 'nwe' [M05]"
	cp metrics.json a=b.json
	answer 0 -m =a=b.json 'accuracy > 0'
	answer 0 -m - 'accuracy > 0' <metrics.json
}

@test "names with odd characters go into backquotes" {
	echo '[{"key":"top-1","title":"t","type":"float","data":{"value":1}},
	       {"key":"mAP@.5:.95","title":"t","type":"float","data":{"value":2}},
	       {"key":"训练","title":"t","type":"float","data":{"value":3}},
	       {"key":"in","title":"t","type":"float","data":{"value":4}}]' >odd.json
	wf-cond -m odd.json 'top-1 == 1 && `mAP@.5:.95` == 2 && 训练 == 3 && `in` == 4' 2>err
	wf-cond -m m=odd.json 'm:top-1 == 1 && m:`mAP@.5:.95` == 2' 2>err
}

@test "syntax errors have their place in the expression" {
	local text message
	while IFS='|' read -r text message; do
		must_fail 2 wf-cond -m metrics.json "$text" 2>err
		says "$message"
	done <<-'END'
		accuracy >|expression:1:11: error: the expression ends where a value should be
		accuracy = 1|expression:1:10: error: unknown operator '='; did you mean '=='? [T08]
		accuracy <> 1|expression:1:10: error: unknown operator '<>'; did you mean '!='? [T08]
		0 < accuracy < 1|expression:1:14: error: comparisons do not chain; write a < b && b < c
		(loss > 1|expression:1:10: error: ')' should be here
		loss > 1)|expression:1:9: error: the expression should end here, or go on with && or ||
		loss in [1 2]|expression:1:12: error: ',' or ']' should be here
		loss > 1st|expression:1:8: error: no number is written like this; a name that begins with a digit or sign is put in backquotes, like `1st`
		loss > "a|expression:1:8: error: the string is not closed
		loss > 01|expression:1:8: error: no number is written like this; a name that begins with a digit or sign is put in backquotes, like `1st`
		$ref/paramters/x > 1|expression:1:1: error: a reference has no root "paramters"; did you mean "parameters"? [R01]
	END
	must_fail 2 wf-cond -m metrics.json $'loss <\n  1 &&\n & 3' 2>err
	grep -q '^expression:3:2: error: ' err
}

@test "condition objects: AND of a list, or, in, both forms of a metric" {
	cat >cond.json <<-'END'
		[{"type":">=","left":"$ref/consumptions/eval/metrics/accuracy","right":0.9},
		 {"type":"or","left":{"type":"<","left":{"input_data":"$ref/consumptions/eval/metrics","json_key":"loss"},"right":0.2},
		              "right":{"type":"in","left":"$ref/parameters/phase","right":["dev","test"]}}]
	END
	answer 0 -c cond.json -m metrics.json -p phase=dev
	answer 1 -c cond.json -m metrics.json -p phase=live
	answer 0 -c cond.json -m eval=metrics.json -p phase=dev
	answer 0 -c cond.json -m eval/metrics=metrics.json -p phase=dev
	answer 2 -c cond.json -m other=metrics.json -p phase=dev
	answer 2 -c cond.json -m metrics.json
	says "cond.json:3:43: error: there is no parameter 'phase' [C17]"
	echo '[]' >cond.json
	answer 0 -c cond.json
}

@test "what is wrong with condition objects is said, all of it, at its place" {
	cat >cond.json <<-'END'
		[{"type":"=","left":1,"right":1},
		 {"type":"and","left":1,"right":1},
		 {"type":"==","left":1},
		 {"type":"or","left":true,"right":{"type":"==","left":1,"right":1}},
		 {"type":"==","left":{"type":"==","left":1,"right":1},"right":true},
		 {"type":">","left":true,"right":1},
		 {"type":"in","left":1,"right":1},
		 {"left":1,"right":1},
		 7]
	END
	answer 2 -c cond.json
	says "cond.json:1:10: error: unknown operator '='; did you mean '=='? [T08]" \
		"cond.json:2:10: error: unknown operator 'and'; several conditions in the list are joined with 'and' [T08]" \
		'cond.json:3:2: error: the condition has no "right" [C10]' \
		"cond.json:4:22: error: 'or' joins two conditions, {\"type\":...,\"left\":...,\"right\":...} [C08]" \
		"cond.json:5:22: error: a condition stands here as an operand; only 'or' joins conditions [C09]" \
		"cond.json:6:21: error: '>' has no meaning for a bool [C11]" \
		"cond.json:7:32: error: the right side of 'in' has to be a list, not a number [C11]" \
		'cond.json:8:2: error: the condition needs a "type" that is one of == != > >= < <= in or [S03]' \
		'cond.json:9:2: error: a condition is an object, {"type":...,"left":...,"right":...} [S03]'
}

@test "a step of a workflow: its conditions, the parameters of the document, skip conditions" {
	cat >flow.json <<-'END'
		{"name":"gate",
		 "parameters":[{"name":"limit","type":"float","default":0.95,"value":0.9},
		               {"name":"tag","type":"str","default":"5"},
		               {"name":"note","type":"str","description":"what to call it"}],
		 "steps":[
		 {"name":"eval","type":"job","outputs":[{"name":"metrics","type":"metrics","config":{"metric_files":"/lab/m.json"}}],
		  "policy":{"skip_conditions":{"type":"==","left":"$ref/parameters/tag","right":"5"}}},
		 {"name":"the gate","type":"condition","depend_steps":["eval"],
		  "conditions":[{"type":">=","left":"$ref/consumptions/eval/metrics/accuracy","right":"$ref/parameters/limit"}]},
		 {"name":"named","type":"condition","conditions":[{"type":"==","left":"$ref/parameters/note","right":"x"}]}]}
	END
	answer 0 -w flow.json -s 'the gate' -m eval=metrics.json
	answer 1 -w flow.json -s 'the gate' -m eval=metrics.json -p limit=0.94
	answer 0 -w flow.json -s eval
	answer 1 -w flow.json -s eval -p tag=6
	answer 2 -w flow.json -s 'the gate'
	says "flow.json:9:37: error: no metrics file was given [M05]"
	answer 2 -w flow.json -s named
	says "flow.json:10:71: error: the parameter 'note' has no value (what to call it); give it one with --param note=VALUE [C17]"
	answer 0 -w flow.json -s named -p note=x
	answer 2 -w flow.json -s nothing
	says "flow.json: error: the workflow has no step 'nothing'"
	answer 0 -w flow.json 'tag == "5" && limit == 0.90'
}

@test "--trace prints each comparison with its values" {
	wf-cond -t -m metrics.json -p phase=dev 'accuracy > 0.95 || phase in ["dev"]' >out
	cat >want <<-'END'
		{"result":true,"metric_list":[{"key":"accuracy","value":0.93}],"trace":{"op":"||","conditions":[{"op":">","left":{"metric":"accuracy","value":0.93},"right":{"value":0.95},"result":false},{"op":"in","left":{"parameter":"phase","value":"dev"},"right":{"value":["dev"]},"result":true}],"result":true}}
	END
	assert_file_equals out want
	must_fail 2 wf-cond --trace 'x > 1' >out 2>err
	jq -e '.result == null and .trace.left.why != null' out
}

@test "a metrics file that is broken as a whole is never false" {
	local text
	for text in '' '{' '{}' '[{"key":' 'nonsense' '[1,]' '[] []'; do
		printf '%s' "$text" >bad.json
		answer 2 -m bad.json '1 == 1'
		grep -q '^bad.json:1:[0-9]*: error: ' err
	done
	answer 2 -m missing.json '1 == 1'
	answer 2 -m . '1 == 1'
}

@test "NaN and Infinity are named for what they are" {
	echo '[{"key":"loss","title":"l","type":"float","data":{"value": -Infinity}}]' >bad.json
	answer 2 -m bad.json 'loss < 1'
	says 'bad.json:1:60: error: -Infinity is no number of JSON; the metric has no value [M02]'
	echo '[{"key":"loss","title":"l","type":"float","data":{"value":NaN}}]' >bad.json
	answer 2 -m bad.json 'loss < 1'
	says 'bad.json:1:59: error: NaN is no number of JSON; the metric has no value [M02]'
}

@test "entries with faults: a warning each, and they are in nobody's way" {
	cat >bad.json <<-'END'
		[{"key":"good","title":"g","type":"float","data":{"value":1}},
		 7,
		 {"key":"a","type":"float","data":{"value":1}},
		 {"title":"b","type":"float","data":{"value":1}},
		 {"key":"c","title":"c","type":"float","data":{"value":"1"}},
		 {"key":"d","title":"d","type":"float","data":{}},
		 {"key":"e","title":"e","type":"float"},
		 {"key":"f","title":"f","type":"flot","data":{}},
		 {"key":"good","title":"g","type":"float","data":{"value":2}},
		 {"key":"h$","title":"h","type":"float","data":{"value":1}},
		 {"key":"i","title":"i","type":"line chart","data":{"x_axis":[{"title":"x","value":[1,2]}],"y_axis":[{"title":"y","value":[1]}]}},
		 {"key":"j","title":"j","type":"table","data":{"cell_value":[[1,2],[3]]}},
		 {"key":"k2345678901234567890123456789012345678901234567890123456789012345","title":"k","type":"float","data":{"value":1}},
		 {"key":"l","title":"l","type":"float","data":[]}]
	END
	wf-cond -m bad.json 'good == 1' 2>err
	says 'bad.json:2:2: warning: a metric is an object, {"key":...,"title":...,"type":...,"data":...} [M01]' \
		'bad.json:3:2: warning: the metric has no title [M01]' \
		'bad.json:4:2: warning: the metric has no key [M01]' \
		'bad.json:5:56: warning: the value of a metric of type float has to be a number, not "1" [M02]' \
		'bad.json:6:47: warning: a metric of type float has its number in data.value [M02]' \
		'bad.json:7:2: warning: the metric has no data [M01]' \
		"bad.json:8:32: warning: unknown type 'flot'; only 'float' can be compared [M06]" \
		"bad.json:9:9: warning: the key 'good' was there before, in line 1; the first one counts [M04]" \
		"bad.json:10:9: warning: the key 'h\$' has special characters in it [M03]" \
		'bad.json:11:123: warning: this axis has 1 value; the one before it has 2 [M07]' \
		'bad.json:12:68: warning: this row has 1 cell; the rows before it have 2 [M07]' \
		'bad.json:13:9: warning: the key has 65 characters; the limit is 64 [M03]' \
		'bad.json:14:47: warning: data has to be an object [M01]'
	wf-cond -m bad.json 'a == 1' 2>err
	must_fail 2 wf-cond -m bad.json 'c == 1' 2>err
	must_fail 2 wf-cond --strict -m bad.json 'good == 1' 2>err
}

@test "the answer does not depend on the locale" {
	local all
	all=$(locale -a 2>/dev/null | grep -i '^de_DE' | head -n 1) || true
	LC_ALL=${all:-C} answer 0 -m metrics.json 'accuracy == 0.93 && 1.5 > 1.49'
}

@test "messages as JSON Lines" {
	must_fail 2 wf-cond --json-errors -m metrics.json 'f1 > 0' 2>err
	jq -e '.file == "expression" and .column == 1 and .rule == "M05" and .level == "error"' err
}

@test "usage errors are 2, with and without --strict" {
	must_fail 2 wf-cond 2>err
	must_fail 2 wf-cond 1 2 2>err
	must_fail 2 wf-cond -s x 2>err
	must_fail 2 wf-cond -c c.json '1 == 1' 2>err
	must_fail 2 wf-cond -p nothing '1 == 1' 2>err
	must_fail 2 wf-cond --strict '1 ==' 2>err
	must_fail 2 wf-cond --strict 'x == 1' 2>err
	must_fail 2 wf-cond -t '1 == 1' >/dev/full 2>err
}

@test "the page's examples" {
	cp metrics.json old.json
	sed 's/0.93/0.94/' metrics.json >new.json
	[ "$(wf-cond -m metrics.json 'accuracy >= 0.8 && loss < 1.5' && echo ship it)" = "ship it" ]
	wf-cond -m new=new.json -m old=old.json 'new:accuracy > old:accuracy'
}
