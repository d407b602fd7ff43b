// Reads a log by its tiles with torchwood's client, which knows nothing of Concordat.
//
//	read-log PREFIX OLD-SIZE LOG-KEY WITNESS-KEY...
//
// It fails unless the checkpoint is signed by the log and by every witness named, and the tiles give its root and show
// the log of the old size to be its beginning. It prints size, root and old root.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

func main() {
	prefix, oldSize, keys := os.Args[1], must(strconv.ParseInt(os.Args[2], 10, 64)), os.Args[3:]
	ctx := context.Background()
	fetcher := must(torchwood.NewTileFetcher(prefix))
	text := must(fetcher.ReadEndpoint(ctx, "checkpoint"))
	verifiers := []note.Verifier{must(note.NewVerifier(keys[0]))}
	for _, key := range keys[1:] {
		verifiers = append(verifiers, must(torchwood.NewCosignatureVerifier(key)))
	}
	opened := must(note.Open(text, note.VerifierList(verifiers...)))
	if len(opened.Sigs) != len(keys) {
		log.Fatalf("%d of %d keys signed", len(opened.Sigs), len(keys))
	}
	checkpoint := must(torchwood.ParseCheckpoint(opened.Text))
	reader := torchwood.TileHashReaderWithContext(ctx, checkpoint.Tree, fetcher)
	root := must(tlog.TreeHash(checkpoint.N, reader))
	oldRoot := must(tlog.TreeHash(oldSize, reader))
	proof := must(tlog.ProveTree(checkpoint.N, oldSize, reader))
	if err := tlog.CheckTree(proof, checkpoint.N, checkpoint.Hash, oldSize, oldRoot); err != nil {
		log.Fatal(err)
	}
	fmt.Println(checkpoint.N, root, oldRoot)
}
