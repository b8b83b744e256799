# disk.sh: section "disk": a tenth of the snapshots again, on the disk, where syncing costs. Sourced by run.sh in an empty
# folder.

FILES=$((FILES / 10)) place=' on the disk'
. "$source/snapshot.sh"
