#!/bin/sh
# stop.sh: end the Slurm that start.sh has started in FOLDER, by the ids that its daemons wrote down.
set -u

# Does the process run one of our daemons? An id may have been given to another one since.
is_ours() {
	case $(cat "/proc/$1/comm" 2>/dev/null) in
	slurmd | slurmctld | munged | slurmd-wlm | slurmctld-wlm) return 0 ;;
	esac
	return 1
}

for name in slurmd slurmctld munged; do
	pid=$(cat "$1/$name.pid" 2>/dev/null) || continue
	is_ours "$pid" || continue
	kill "$pid"
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
		is_ours "$pid" || break
		sleep 0.2
	done
	! is_ours "$pid" || kill -9 "$pid"
done
