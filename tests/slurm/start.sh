#!/bin/sh
# start.sh: a Slurm of one node on loopback, for tests: its own ports, its own configuration, its own key.
#
#   start.sh FOLDER    start munged, slurmctld and slurmd, wait until the node is idle; FOLDER is made new
#   stop.sh FOLDER     end them, by the ids that they wrote into FOLDER
#
# Afterwards: SLURM_CONF=FOLDER/slurm.conf sbatch ...
# Exit status 77: this machine cannot run it; the reason is on stdout. Nothing is installed and nothing outside of FOLDER
# is written, but munged wants its socket's folder to be safe: FOLDER must not be below one that others may write to,
# unless that one is sticky.
set -eu

PATH=$PATH:/usr/sbin:/sbin
# Not the usual 6817 to 6819 of a Slurm that may be here, nor those of another start.sh.
ctld_port=$((20000 + $$ % 10000 * 2))
d_port=$((ctld_port + 1))

cannot() {
	echo "$*"
	exit 77
}

for program in munged slurmctld slurmd sbatch srun sinfo; do
	command -v "$program" >/dev/null || cannot "$program is not installed"
done
[ "$(id -u)" -eq 0 ] || cannot "slurmd has to be started by root"

mkdir -p "$1"
dir=$(cd "$1" && pwd)
rm -rf "${dir:?}"/*
mkdir -p "$dir/state" "$dir/spool" "$dir/munge"
chmod 700 "$dir/munge"
host=$(hostname -s)

# Start a daemon that writes its own pid file; its messages go to FOLDER/NAME.err.
daemon() {
	name=$1
	shift
	"$@" >"$dir/$name.err" 2>&1 </dev/null || { cat "$dir/$name.err" && cannot "$name does not start"; }
}

dd if=/dev/urandom of="$dir/munge/key" bs=1024 count=1 2>/dev/null
chmod 400 "$dir/munge/key"
daemon munged munged --force --num-threads=2 --key-file="$dir/munge/key" --socket="$dir/munge.socket" \
	--pid-file="$dir/munged.pid" --log-file="$dir/munged.log" --seed-file="$dir/munge/seed"

cat >"$dir/slurm.conf" <<END
ClusterName=dsutils
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$ctld_port
SlurmdPort=$d_port
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
MaxJobCount=20000
MinJobAge=300
KillWait=2
InactiveLimit=0
Waittime=0
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=8 RealMemory=100 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES
END
printf 'CgroupAutomount=no\n' >"$dir/cgroup.conf"

SLURM_CONF=$dir/slurm.conf
export SLURM_CONF
daemon slurmctld slurmctld -c -f "$SLURM_CONF"
daemon slurmd slurmd -f "$SLURM_CONF" -N "$host"

# The node takes a moment to report.
waited=0
until sinfo -h -o %T 2>/dev/null | grep -q '^idle'; do
	waited=$((waited + 1))
	[ "$waited" -lt 75 ] || { tail -n 20 "$dir"/*.log; sh "$(dirname "$0")/stop.sh" "$dir"; cannot "the node does not become idle"; }
	sleep 0.2
done
